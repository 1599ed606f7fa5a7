#include "actors/account/account_store.hpp"

#include <algorithm>

#include "runtime/security/normalize.hpp"

namespace stoa::actors::account_store {

values sought(std::string_view identifier) {
  return {runtime::identifier_key(identifier).value_or(std::string()),
          value::array(runtime::older_email_keys(identifier))};
}

std::vector<session_id> read_ended_sessions(const rows::row& row) {
  std::vector<session_id> out;
  std::string_view ids = row.raw(state_column_count);
  while (!ids.empty()) {
    if (auto id = session_id::parse(ids.substr(0, 36))) out.push_back(*id);
    ids.remove_prefix(std::min<std::size_t>(ids.size(), 37));
  }
  return out;
}

}  // namespace stoa::actors::account_store
