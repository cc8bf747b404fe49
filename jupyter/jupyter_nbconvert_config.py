"""Settings of `jupyter nbconvert` under JUPYTER_CONFIG_PATH=jupyter: exported pages keep their steppers.

A stepper comes as a widget, which is blank without a kernel, and as HTML that steps by itself.
"""

c = get_config()  # noqa: F821

c.NbConvertBase.display_data_priority = ["text/html", "image/svg+xml", "image/png", "text/plain"]
