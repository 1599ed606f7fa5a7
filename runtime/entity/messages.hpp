// The messages every entity understands beside its own.
#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

#include <functional>

namespace caf {
class event_based_actor;
}

namespace stoa::runtime {

/// Work that belongs to an actor and comes from another thread: what a coroutine inside it waited for.
struct continuation {
  std::function<void()> run;
};

/// The directory has forgotten the entity: finish what waits, then end.
struct passivate {};

/// A request that a bridge makes on behalf of a coroutine outside the actor system.
struct bridged_request {
  std::function<void(caf::event_based_actor*)> start;
};

}  // namespace stoa::runtime

CAF_BEGIN_TYPE_ID_BLOCK(stoa_runtime, caf::first_custom_type_id)
CAF_ADD_TYPE_ID(stoa_runtime, (stoa::runtime::continuation))
CAF_ADD_TYPE_ID(stoa_runtime, (stoa::runtime::passivate))
CAF_ADD_TYPE_ID(stoa_runtime, (stoa::runtime::bridged_request))
CAF_END_TYPE_ID_BLOCK(stoa_runtime)

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stoa::runtime::continuation)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stoa::runtime::passivate)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stoa::runtime::bridged_request)

namespace stoa::runtime {

/// What every entity's interface is extended with.
using entity_base_actor = caf::typed_actor<
    // Goes on with a coroutine of this entity whose database answer has come.
    caf::reacts_to<continuation>,
    // Finishes what waits and ends.
    caf::reacts_to<passivate>>;

}  // namespace stoa::runtime
