"""Parameter-efficient methods: what is trained on top of the frozen base model.

A method is a frozen settings class, named in the suite file, that builds the adapter's PEFT configuration::

    method: {name: lora, r: 8, alpha: 16, layers: top-2}

:data:`METHODS` lists them for the command line.
"""

from trainers.methods.lora import LoRA

METHODS = {"lora": LoRA}

__all__ = ["METHODS", "LoRA"]
