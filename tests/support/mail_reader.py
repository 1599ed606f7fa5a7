"""What a stored mail says, as JSON: read by somebody else's parser. mail_reader.py FILE"""
import email, email.policy, json, sys

with open(sys.argv[1], "rb") as stored:
    raw = stored.read()
mail = email.message_from_bytes(raw, policy=email.policy.default)
parts = {p.get_content_type(): p.get_content() for p in mail.walk() if p.get_content_maintype() == "text"}
print(json.dumps({
    "from": str(mail["From"]), "to": str(mail["To"]), "subject": str(mail["Subject"]), "date": str(mail["Date"]),
    "id": str(mail["Message-ID"]), "rcpt": str(mail["X-RcptTo"]), "sender": str(mail["X-MailFrom"]),
    "encrypted": str(mail["X-Encrypted"]), "headers": sorted({k.lower() for k in mail.keys()}),
    "text": parts.get("text/plain", "").replace("\r\n", "\n"), "html": parts.get("text/html", "").replace("\r\n", "\n"),
    "longest": max(len(line) for line in raw.split(b"\r\n")),
    "defects": [str(d) for p in mail.walk() for d in p.defects],
}))
