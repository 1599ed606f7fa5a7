#include "actors/account/account_store.hpp"

namespace stoa::actors::account_store {

account read(const rows::row& row) {
  account a;
  a.id = row.as<user_id>(0);
  a.number = row.integer(1);
  a.email = row.text(2);
  a.username = row.text(3);
  a.first_name = row.text(4);
  a.last_name = row.text(5);
  a.bio = row.text(6);
  a.avatar_url = row.text(7);
  a.phone = row.text(8);
  a.country = row.text(9);
  a.timezone = row.text(10);
  a.track = row.text(11);
  a.preferences = row.text(12);
  a.roles.bits = static_cast<unsigned>(row.integer(13));
  a.active = row.boolean(14);
  a.created_at = row.time(15);
  a.updated_at = row.time(16);
  a.last_login_at = row.opt_time(17);
  a.version = row.integer(18);
  return a;
}

}  // namespace stoa::actors::account_store
