import { createHmac } from 'node:crypto';

// Who walks: the people of the demo data, who have one password.
export const password = 'Learn-stoa-2026';
export const student = 'student@example.com';
export const instructor = 'instructor@example.com';
export const admin = 'admin@example.com';

/// A word that no earlier run used, so that a flow may be walked again over the same data.
export const fresh = () => process.env.STOA_WALK ?? '1';

/// An event as the payment provider sends it, signed with the development secret: body and headers.
export function stripeEvent(id) {
  const body = { id, type: 'payment_intent.succeeded', data: { object: { id: 'pi_unknown', amount: 4999, currency: 'usd', status: 'succeeded' } } };
  const t = Math.floor(Date.now() / 1000);
  const v1 = createHmac('sha256', 'whsec_sandbox').update(`${t}.${JSON.stringify(body)}`).digest('hex');
  return [body, { headers: { 'stripe-signature': `t=${t},v1=${v1}` } }];
}
