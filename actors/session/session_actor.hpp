// The directories of sessions and sign-in guards; used by the account facade.
#pragma once

#include <string>

#include "actors/actors.hpp"
#include "actors/services.hpp"
#include "actors/session/revocations.hpp"
#include "actors/session/session_rules.hpp"
#include "runtime/actor/directory.hpp"

namespace stoa::actors {

using session_directory = runtime::directory<session_id, session_actor>;
using sign_in_guard_directory = runtime::directory<std::string, sign_in_guard_actor>;

/// Spawns one session's actor; `ended` learns of its end.
session_actor spawn_session(services& s, revocations& ended, session_id id);
sign_in_guard_actor spawn_sign_in_guard(services& s, const session_rules::lock_policy& policy, std::string identifier);

}  // namespace stoa::actors
