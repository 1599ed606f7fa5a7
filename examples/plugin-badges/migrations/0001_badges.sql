-- Made in the plugin's own schema, plugin_badges, as its own role.
create table shelf (
  user_id uuid primary key,
  holds   jsonb not null,
  version bigint not null
);
