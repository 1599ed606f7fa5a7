-- Webhooks on their way are jobs of the core from now on.
insert into public.job (id, kind, payload, due_at, attempts)
select gen_random_uuid(), 'payments.sandbox_webhook', jsonb_build_object('event', payload), due_at, attempts
from sandbox_delivery order by id;
drop table sandbox_delivery;
