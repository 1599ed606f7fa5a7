#include "actors/account/accounts.hpp"

#include "actors/session/session_rules.hpp"

namespace stoa {

accounts::~accounts() = default;

fault not_found(const session_id&) { return actors::session_rules::session_not_found(); }

}  // namespace stoa
