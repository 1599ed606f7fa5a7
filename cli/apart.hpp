// Work that loads plugins for a command: in a process of its own, so that a plugin that crashes ends only that.
#pragma once

#include <functional>

namespace stoa::cli {

/// Runs `work` in a child of this process, which must have no other thread yet, and returns its exit code. Where a
/// plugin ended the child by a signal, standard error says which plugin, which signal and in which step, and the code
/// is
/// 1. What `work` throws is told by the child as the command itself would.
int apart(const std::function<int()>& work);

}  // namespace stoa::cli
