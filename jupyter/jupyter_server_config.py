"""Settings of the Jupyter server that `make lab` starts; the user's own settings stay in force beside them.

The server sends a widget's small answers to the browser through Nagle's
algorithm, where each waits some 40 ms for a delayed acknowledgement. TCP_NODELAY
on the websocket of every kernel ends that: a Python callback then takes 15 ms
instead of 53.
"""

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

c = get_config()  # noqa: F821


class NoDelayConnection(ZMQChannelsWebsocketConnection):
    """The stock connection between browser and kernel, without Nagle's algorithm."""

    def connect(self):
        self.websocket_handler.set_nodelay(True)
        return super().connect()


c.ServerApp.kernel_websocket_connection_class = NoDelayConnection
