// Idempotency-Key, as the pipeline sees it; the store keeps the answers.
#pragma once

#include "runtime/store/idempotency.hpp"

namespace stoa::http {

using runtime::idempotency_slot;
using runtime::idempotency_state;
using runtime::idempotency_store;

}  // namespace stoa::http
