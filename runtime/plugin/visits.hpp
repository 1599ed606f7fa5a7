// A request's way into a plugin and back: from the thread that serves connections to the plugin's own, and back again.
#pragma once

#include <cstddef>
#include <memory>

#include "runtime/plugin/instance.hpp"

namespace stoa::runtime {

/// Runs a route of the slot's current instance at its place. One hop in, one hop out by way of `back`; the slot and
/// `back` outlive it.
task<reply> run_visit(std::shared_ptr<plugin_slot> slot, std::shared_ptr<const workplace> at, dialect d,
                      std::size_t index, const request& q, const post_function& back);

}  // namespace stoa::runtime
