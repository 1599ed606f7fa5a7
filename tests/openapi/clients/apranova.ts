// apranova's documented registration and payment, by a client that was generated from the document.
import createClient from 'openapi-fetch';
import type { paths } from '../types/apranova.js';
import { must, url } from './told.js';

const anybody = createClient<paths>({ baseUrl: url('apranova') });
const email = `typed${Date.now()}@example.com`;
must(
  await anybody.POST('/auth/registration/', {
    body: { name: 'John Doe', email, password1: 'SecurePass123!', password2: 'SecurePass123!', role: 'student', track: 'DP' },
  }),
);
const session = must(await anybody.POST('/users/login/', { body: { email, password: 'SecurePass123!', role: 'student' } }));
if (session.redirect_url !== '/student/dashboard') throw new Error('sent elsewhere');
const me = createClient<paths>({ baseUrl: url('apranova'), headers: { authorization: `Bearer ${session.access}` } });
const profile = must(await me.GET('/users/profile/', {}));
if (profile.track !== 'DP') throw new Error('another track');
const payment = must(await me.POST('/payments/create-payment/', { body: { amount: 999.0, currency: 'usd' } }));
if (!payment.clientSecret) throw new Error('nothing to pay with');
must(await me.POST('/users/logout/', { body: { refresh: session.refresh } }));
