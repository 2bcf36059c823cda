"""HTTPS as the lab's people and balancers speak it: TLS 1.3, to whoever shows the site's name by the lab's authority; and plain
HTTP for a product on loopback."""

import ssl


class Site:
    def __init__(self, name, authority):
        self.name, self.authority = name, authority
        self.context = ssl.create_default_context(cafile=authority)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3

    def secure(self, sock):
        """The same connection, encrypted; closed when the other end is not the site."""
        try:
            return self.context.wrap_socket(sock, server_hostname=self.name)
        except OSError:
            sock.close()
            raise


class Loopback:
    """A site without TLS, as the product serves it on loopback alone."""

    name = "localhost"

    @staticmethod
    def secure(sock):
        return sock
