#include "api/domain.hpp"

#include "actors/account/identities.hpp"

namespace stoa {

stoa::identities& domain::identities() const { return offered_.use<stoa::identities>(); }

std::shared_ptr<identity_broker> domain::identity() const { return offered_.find<identity_broker>(); }

}  // namespace stoa
