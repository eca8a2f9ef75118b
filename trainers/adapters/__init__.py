"""What methods put on a base model: one class per way to train, one interface to all (:class:`Adapter`)."""

from trainers.adapters.adapter import Adapter

__all__ = ["Adapter"]
