#include "actors/account/accounts.hpp"

namespace stoa {

accounts::~accounts() = default;

}  // namespace stoa
