"""What Sphinx needs to make the site: pages that are generated, formulas without JavaScript, references, notebooks.

:mod:`docs.making.generated` writes commands, fields of the suite file and base models into pages that ask for them;
:mod:`docs.making.formulas` draws formulas with MathML, which browsers read without a script or a font of their own;
:mod:`docs.making.references` follows a docstring's references to where they are documented, and fails where there is no
such thing; :mod:`docs.making.docstrings`, :mod:`docs.making.signatures` and :mod:`docs.making.notebooks` make of
docstrings, signatures and notebooks what Sphinx reads and people like to.
"""
