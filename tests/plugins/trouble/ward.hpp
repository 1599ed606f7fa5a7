// An entity that counts the visits of somebody, and whose decisions can be troublesome.
#pragma once

#include <cstdint>

#include "stoa/hosted.hpp"
#include "stoa/ids.hpp"

namespace stoa_plugin::trouble {

struct ward {
  stoa::user_id whose;
  std::int64_t visits = 0;
  std::int64_t version = 0;
};
struct visit {
  using reply = std::int64_t;
};
BOOST_DESCRIBE_STRUCT(visit, (), ())

struct ward_kind {
  static constexpr const char* name = "ward";
  using key = stoa::user_id;
  using state = ward;
  using commands = stoa::command_list<visit>;
};

stoa::result<stoa::outcome<ward, std::int64_t>> decide(const ward& now, const visit& told, const stoa::moment& m);
stoa::bound_statement save(const ward& before, const ward& after, const visit& told, const stoa::moment& m);
stoa::bound_statement load(const ward_kind& kind, const stoa::user_id& key);
stoa::result<ward> read(const ward_kind& kind, const stoa::user_id& key, const stoa::rows& found);

}  // namespace stoa_plugin::trouble
