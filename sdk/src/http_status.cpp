#include "stoa/http_status.hpp"

namespace stoa {

int usual_status(fault_kind kind) noexcept {
  switch (kind) {
    case fault_kind::malformed:
    case fault_kind::rejected:
      return 400;
    case fault_kind::invalid:
    case fault_kind::unprocessable:
      return 422;
    case fault_kind::unauthenticated:
      return 401;
    case fault_kind::payment_required:
      return 402;
    case fault_kind::forbidden:
      return 403;
    case fault_kind::not_found:
      return 404;
    case fault_kind::method_not_allowed:
      return 405;
    case fault_kind::conflict:
      return 409;
    case fault_kind::too_large:
      return 413;
    case fault_kind::unsupported_media:
      return 415;
    case fault_kind::locked:
      return 423;
    case fault_kind::too_many:
      return 429;
    case fault_kind::internal:
      return 500;
    case fault_kind::unavailable:
      return 503;
  }
  return 500;
}

}  // namespace stoa
