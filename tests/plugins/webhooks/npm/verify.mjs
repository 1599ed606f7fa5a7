// verify.mjs SECRET ID TIMESTAMP SIGNATURE: prints the type of the webhook whose body comes on standard input, or why it
// is none of its sender and exits with 1.
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';

const [secret, id, timestamp, signature] = process.argv.slice(2);
try {
  const headers = { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  console.log(new Webhook(secret).verify(readFileSync(0, 'utf8'), headers).type);
} catch (error) {
  console.log(error.message);
  process.exit(1);
}
