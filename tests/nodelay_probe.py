"""Starts a Jupyter server and a kernel, asks the kernel over the websocket, prints what TCP_NODELAY is there.

A program of its own, run by test_make.py: a server cannot be taken out of a process again.
"""

from __future__ import annotations

import gc
import json
import socket

from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.websocket import KernelWebsocketHandler
from tornado.httpclient import AsyncHTTPClient
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

TOKEN = "probe"
KERNEL_INFO_REQUEST = {
    "header": {"msg_id": "1", "msg_type": "kernel_info_request", "session": "", "version": "5.4"},
    "parent_header": {},
    "metadata": {},
    "content": {},
    "channel": "shell",
}


async def nodelay(port: int) -> list[int]:
    """TCP_NODELAY of every kernel websocket of the server, after a kernel has answered on one."""
    kernels = f"127.0.0.1:{port}/api/kernels"
    headers = {"Authorization": f"token {TOKEN}"}
    client = AsyncHTTPClient(force_instance=True, defaults={"request_timeout": 60})
    made = await client.fetch(f"http://{kernels}", method="POST", body="{}", headers=headers)
    kernel = json.loads(made.body)["id"]
    connection = await websocket_connect(f"ws://{kernels}/{kernel}/channels?token={TOKEN}")
    await connection.write_message(json.dumps(KERNEL_INFO_REQUEST))
    while json.loads(await connection.read_message())["msg_type"] != "kernel_info_reply":
        pass
    handlers = [item for item in gc.get_objects() if isinstance(item, KernelWebsocketHandler)]
    sockets = [handler.ws_connection.stream.socket for handler in handlers]
    answer = [each.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for each in sockets]
    await client.fetch(f"http://{kernels}/{kernel}", method="DELETE", headers=headers)
    return answer


def main() -> None:
    server = ServerApp.instance()
    server.initialize(
        ["--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0", f"--IdentityProvider.token={TOKEN}"]
    )

    async def probe() -> None:
        try:
            print(*await nodelay(server.port))
        finally:
            server.stop()

    IOLoop.current().add_callback(probe)
    server.start()


if __name__ == "__main__":
    main()
