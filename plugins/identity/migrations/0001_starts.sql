-- Sign-ins that the server began and nobody has come back from: each is good once and in one browser. State and binding
-- are hashes; verifier and nonce are made of the state and a key that is not here.
create table start (
  state_hash   text primary key,
  provider     text not null,
  redirect_uri text not null,
  binding_hash text not null,
  challenge    text not null,
  expires_at   timestamptz not null
);
create index start_expiry on start (expires_at);
