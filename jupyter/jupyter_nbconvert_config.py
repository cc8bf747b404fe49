"""Settings of `jupyter nbconvert` under JUPYTER_CONFIG_PATH=jupyter: pages that ask no network for anything.

A stepper comes as a widget, which is blank without a kernel, and as HTML that steps by itself: that is kept.
The template leaves out the scripts that JupyterLab's page fetches.
"""

from pathlib import Path

c = get_config()  # noqa: F821

c.NbConvertBase.display_data_priority = ["text/html", "image/svg+xml", "image/png", "text/plain"]
c.TemplateExporter.extra_template_basedirs = [str(Path(__file__).parent / "nbconvert" / "templates")]
c.TemplateExporter.template_name = "vfslab"
