// What tests ask of Stripe's own SDK. The payload comes on standard input.
//   sign SECRET TIMESTAMP            prints the Stripe-Signature header
//   verify SECRET HEADER TOLERANCE   prints the event's id, or why not and exits with 1
//   pay PORT INTENT METHOD           confirms an intent as a browser would; prints its status
//   status PORT INTENT               prints how an intent stands
import { readFileSync } from 'node:fs';
import Stripe from 'stripe';

const [command, ...rest] = process.argv.slice(2);
const stripe = (port) =>
  new Stripe('sk_test_x', { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0, telemetry: false });

try {
  if (command === 'sign') {
    const [secret, timestamp] = rest;
    const payload = readFileSync(0, 'utf8');
    console.log(stripe(1).webhooks.generateTestHeaderString({ payload, secret, timestamp: Number(timestamp) }));
  } else if (command === 'verify') {
    const [secret, header, tolerance] = rest;
    console.log(stripe(1).webhooks.constructEvent(readFileSync(0), header, secret, Number(tolerance)).id);
  } else if (command === 'pay') {
    const [port, intent, method] = rest;
    console.log((await stripe(port).paymentIntents.confirm(intent, { payment_method: method })).status);
  } else if (command === 'status') {
    const [port, intent] = rest;
    console.log((await stripe(port).paymentIntents.retrieve(intent)).status);
  } else {
    throw new Error(`unknown command ${command}`);
  }
} catch (error) {
  console.log(error.message);
  process.exit(1);
}
