"""A mail server for tests: aiosmtpd, which keeps what it gets as files.

smtpd.py FOLDER [--greylist N] [--refuse] [--tls CERT KEY] [--implicit] [--auth USER PASSWORD]
It writes its port into FOLDER/port when it listens and each mail into FOLDER/<n>.eml; answers are counted in FOLDER/log.
"""
import argparse, asyncio, os, ssl, sys
from aiosmtpd.smtp import SMTP, AuthResult

options = argparse.ArgumentParser()
options.add_argument("folder")
options.add_argument("--greylist", type=int, default=0)
options.add_argument("--refuse", action="store_true")
options.add_argument("--tls", nargs=2)
options.add_argument("--implicit", action="store_true")
options.add_argument("--auth", nargs=2)
options = options.parse_args()


class Keeper:
    def __init__(self):
        self.kept, self.asked = 0, {}

    def say(self, line):
        with open(os.path.join(options.folder, "log"), "a") as log:
            log.write(line + "\n")

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if options.refuse:
            self.say("550 " + address)
            return "550 5.1.1 nobody of that name"
        self.asked[address] = self.asked.get(address, 0) + 1
        if self.asked[address] <= options.greylist:
            self.say("451 " + address)
            return "451 4.7.1 greylisted, come again"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.kept += 1
        name = os.path.join(options.folder, "%d.eml" % self.kept)
        with open(name + ".part", "wb") as out:
            out.write(b"X-RcptTo: " + ", ".join(envelope.rcpt_tos).encode() + b"\r\n")
            out.write(b"X-MailFrom: " + envelope.mail_from.encode() + b"\r\n")
            out.write(b"X-Encrypted: " + (b"yes" if session.ssl or options.implicit else b"no") + b"\r\n")
            out.write(envelope.original_content)
        os.rename(name + ".part", name)
        self.say("250 " + envelope.rcpt_tos[0])
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    given = [part.decode() for part in (data.login, data.password)]
    return AuthResult(success=given == options.auth)


keeper = Keeper()
tls = None
if options.tls:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*options.tls)


def session():
    more = {}
    if options.auth:
        more.update(authenticator=authenticate, auth_required=True, auth_require_tls=not options.implicit)
    if tls and not options.implicit:
        more.update(tls_context=tls, require_starttls=True)
    return SMTP(keeper, enable_SMTPUTF8=True, **more)


async def serve():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(session, "127.0.0.1", 0, ssl=tls if options.implicit else None)
    name = os.path.join(options.folder, "port")
    with open(name + ".part", "w") as out:
        out.write(str(server.sockets[0].getsockname()[1]))
    os.rename(name + ".part", name)
    await loop.run_in_executor(None, sys.stdin.read)  # ends with whoever started it


asyncio.run(serve())
