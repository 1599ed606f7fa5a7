// Each lane has threads and sessions of its own.
#include <catch2/catch.hpp>

#include "tests/runtime/store/store_support.hpp"

using namespace stoa;
using namespace stoa::testing;
using stoa::runtime::store;

TEST_CASE("a lane that is held up holds up no other", "[store]") {
  auto o = small(test_postgres::shared().fresh_database());
  store db{o};
  for (const lane held : {lane::commands, lane::reads, lane::consumers}) {
    held_lane holder{db, held};
    answers came;
    db.run(held, one, {}, came.next("waits"));
    for (const lane other : {lane::commands, lane::reads, lane::consumers})
      if (other != held) CHECK(run_now(db, one, {}, other));
    CHECK(db.queue_length(held) == 1);
    holder.let_go();
    CHECK(came.wait(1).size() == 1);
  }
}
