#include "actors/account/account_store.hpp"

#include <algorithm>

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

std::vector<session_id> read_ended_sessions(const rows::row& row) {
  std::vector<session_id> out;
  std::string_view ids = row.raw(19);
  while (!ids.empty()) {
    if (auto id = session_id::parse(ids.substr(0, 36))) out.push_back(*id);
    ids.remove_prefix(std::min<std::size_t>(ids.size(), 37));
  }
  return out;
}

}  // namespace stoa::actors::account_store
