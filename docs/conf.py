"""The documentation site (`make docs`): the pages of this folder, and the API from docstrings."""

import salnet_tf

project = "SalNet"
author = "The SalNet authors"
copyright = author
version = release = salnet_tf.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "SalNet"
html_static_path = []
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# The README is the site's first page; on GitHub its links lead to files.
suppress_warnings = ["myst.xref_missing"]
exclude_patterns = ["_build"]

autodoc_member_order = "bysource"
autodoc_typehints = "none"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
