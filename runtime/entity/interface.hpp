// The typed CAF interface of a kind of entity, derived from its list of commands.
#pragma once

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <memory>

#include "runtime/entity/messages.hpp"
#include "stoa/entities.hpp"
#include "stoa/once.hpp"
#include "stoa/result.hpp"

namespace stoa::runtime {

/// A command of a request that is to have its effect once: what it comes to is kept with it.
template <entity_command Command>
struct keyed {
  Command command;
  std::shared_ptr<once_scope> once;
};

}  // namespace stoa::runtime

namespace caf {

// Commands and their replies stay in this process as C++ structs: no type ids, no inspection.
template <class T>
struct allowed_unsafe_message_type<stoa::result<T>> : std::true_type {};
template <stoa::entity_command T>
struct allowed_unsafe_message_type<T> : std::true_type {};
template <stoa::entity_command T>
struct allowed_unsafe_message_type<stoa::runtime::keyed<T>> : std::true_type {};

}  // namespace caf

namespace stoa::runtime {

/// Asks for the state as it stands.
struct read_state {};
/// Another owner's transaction changed the rows: read them again. Nobody waits for it.
struct refresh_state {};
/// The same, and says when it is done.
struct reload_state {};

template <class Kind>
using snapshot_of = std::shared_ptr<const typename Kind::state>;

namespace detail {

template <class Command>
using answered = typename caf::replies_to<Command>::template with<result<typename Command::reply>>;

template <class Command>
using answered_once = typename caf::replies_to<keyed<Command>>::template with<result<typename Command::reply>>;

template <class Kind, class Commands>
struct interface_of;
template <class Kind, class... Commands>
struct interface_of<Kind, command_list<Commands...>> {
  using type = entity_base_actor::extend<caf::reacts_to<refresh_state>,
                                         typename caf::replies_to<reload_state>::template with<result<done>>,
                                         typename caf::replies_to<read_state>::template with<result<snapshot_of<Kind>>>,
                                         answered<Commands>..., answered_once<Commands>...>;
};

}  // namespace detail

/// What an actor of that kind may be told: its commands, and what every entity understands.
template <class Kind>
using entity_actor = typename detail::interface_of<Kind, typename Kind::commands>::type;

}  // namespace stoa::runtime

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stoa::runtime::read_state)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stoa::runtime::refresh_state)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(stoa::runtime::reload_state)
