"""The built-in tasks by name, and which of them run by default."""

from tasks.mining import (
    accessor,
    bug_line,
    clone,
    code_search,
    comment_mismatch,
    completion,
    complexity,
    constructs,
    default_kind,
    docstring_mismatch,
    docstring_writer,
    documented,
    exception_type,
    function_verb,
    lint,
    module_domain,
    nesting,
    package,
    parameter_count,
    private,
    return_kind,
    same_file,
    security,
    string_role,
    swapped_operands,
    variable_misuse,
    wrong_operator,
)
from tasks.mining.recipe import Recipe

BUILTIN: dict[str, Recipe] = {
    module.RECIPE.name: module.RECIPE
    for module in (
        docstring_mismatch,
        comment_mismatch,
        code_search,
        completion,
        clone,
        same_file,
        complexity,
        nesting,
        constructs,
        function_verb,
        return_kind,
        default_kind,
        parameter_count,
        accessor,
        private,
        documented,
        exception_type,
        string_role,
        module_domain,
        package,
        lint,
        security,
        variable_misuse,
        wrong_operator,
        swapped_operands,
        bug_line,
        docstring_writer,
    )
}
"""All recipes: text and code, structure, names and types, messages and modules, a linter's findings, planted bugs, and
sentences to be written."""

DEFAULT = (
    "docstring_mismatch",
    "code_search",
    "complexity",
    "constructs",
    "function_verb",
    "string_role",
)
"""Tasks that run unless others are named: each is learnable from a few hundred examples, and they differ in kind."""

OPT_IN = tuple(name for name in BUILTIN if name not in DEFAULT)
"""All others: the planted bugs are not learnable at the default budget, two need ruff, some are small or
noisy, and one needs a causal language model."""
