#include "cli/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <limits>

namespace stoa::cli {
namespace {

/// Of what the server's own leave: a file that is sent costs two beside its connection.
constexpr std::size_t part_for_files = 4;
constexpr std::size_t part_for_operators = 8;
constexpr std::size_t least_for_operators = 4;
/// So many are let in however little there is: nobody can be served by less.
constexpr std::size_t least_for_clients = 8;

}  // namespace

std::size_t wanted(const descriptor_wishes& w) noexcept {
  return w.own + (w.connections + w.operators) * part_for_files / (part_for_files - 1) + 1;
}

descriptor_shares share_out(std::size_t limit, const descriptor_wishes& w) noexcept {
  const std::size_t room = limit > w.own ? limit - w.own : 0;
  descriptor_shares s;
  s.operators = std::min(w.operators, std::max(least_for_operators, room / part_for_operators));
  const std::size_t apart = room / part_for_files + s.operators;
  s.connections = std::min(w.connections, std::max(least_for_clients, room > apart ? room - apart : 0));
  return s;
}

std::size_t raise_descriptor_limit(std::size_t enough) noexcept {
  constexpr auto endless = std::numeric_limits<std::size_t>::max();
  rlimit now{};
  if (::getrlimit(RLIMIT_NOFILE, &now) != 0) return 1024;
  if (now.rlim_cur == RLIM_INFINITY) return endless;
  if (now.rlim_cur < enough) {
    rlimit raised = now;
    raised.rlim_cur = now.rlim_max == RLIM_INFINITY ? enough : std::min<rlim_t>(enough, now.rlim_max);
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) now = raised;
  }
  return static_cast<std::size_t>(now.rlim_cur);
}

}  // namespace stoa::cli
