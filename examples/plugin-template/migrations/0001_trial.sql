-- Made in the plugin's own schema, plugin_trial, as its own role.
create table tally (
  user_id  uuid primary key,
  lessons  uuid[] not null,
  rests_at timestamptz,
  version  bigint not null
);
