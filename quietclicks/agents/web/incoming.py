"""Bytes of a connection → a request, or why it is none. h11 reads them; what is longer than a
browser's request ever is, or no HTTP, is refused. It knows no socket.
"""

from http import HTTPStatus
from urllib.parse import parse_qsl

import h11

from quietclicks.agents.web.exchange import Answer, Request, said

MAX_REQUEST_BYTES = 8 * 1024  # line and headers, as most servers have it
MAX_PARAMETERS = 16  # of a query; the page sends two


class Incoming:
    """One connection's request."""

    def __init__(self) -> None:
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_REQUEST_BYTES)
        self._fed = 0

    def feed(self, data: bytes) -> Request | Answer | None:
        """What arrived next. None as long as the request is not whole."""
        try:
            self._fed += len(data)
            self._http.receive_data(data)
            event = self._http.next_event()
        except h11.RemoteProtocolError as error:
            return said(error.error_status_hint, "this is no request that is answered here")
        if event is h11.NEED_DATA:
            return None
        # h11 bounds what is not whole; the rest of a request may have come at once.
        if self._fed - len(self._http.trailing_data[0]) > MAX_REQUEST_BYTES:
            return said(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "this request is too long")
        return _request(event) if isinstance(event, h11.Request) else _refused()


def _request(event: h11.Request) -> Request | Answer:
    path, _, query = event.target.decode("ascii").partition("?")
    if not path.startswith("/"):  # a proxy's form, whose host would not be the header's
        return _refused()
    headers: dict[str, str] = {}
    for name, value in event.headers:
        key, text = name.decode("ascii"), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    try:
        parameters = dict(parse_qsl(query, errors="replace", max_num_fields=MAX_PARAMETERS))
    except ValueError:
        return _refused()
    return Request(event.method.decode("ascii"), path, parameters, headers)


def _refused() -> Answer:
    return said(HTTPStatus.BAD_REQUEST, "this is no request that is answered here")
