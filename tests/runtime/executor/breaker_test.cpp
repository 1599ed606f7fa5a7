#include "runtime/executor/breaker.hpp"

#include <catch2/catch.hpp>

using namespace stoa;
using runtime::breaker;

namespace {

const timestamp noon{days{20'000}};
const runtime::breaker_options three{3, minutes{1}, seconds{30}};

void open(breaker& b, timestamp at) {
  for (int i = 0; i < 3; ++i) b.failed(at);
}

}  // namespace

TEST_CASE("a breaker opens after so many failures within its window, and not before", "[breaker]") {
  breaker b{three};
  CHECK(!b.failed(noon));
  CHECK(!b.failed(noon + seconds{1}));
  CHECK(!b.admit(noon + seconds{1}));
  CHECK(b.failed(noon + seconds{2}));
  CHECK(b.now() == breaker::state::open);
  CHECK(b.admit(noon + seconds{2}) == seconds{30});
  CHECK(b.refuses(noon + seconds{12}) == seconds{20});
}

TEST_CASE("failures that lie further apart than the window open nothing", "[breaker]") {
  breaker b{three};
  for (int i = 0; i < 10; ++i) CHECK(!b.failed(noon + seconds{40} * i));
  CHECK(b.now() == breaker::state::closed);
}

TEST_CASE("after the pause one try is let through, and decides", "[breaker]") {
  breaker b{three};
  open(b, noon);
  const auto later = noon + seconds{31};
  CHECK(!b.refuses(later));
  CHECK(!b.admit(later));
  CHECK(b.now() == breaker::state::half_open);
  CHECK(b.admit(later));
  SECTION("that goes well closes it") {
    b.succeeded();
    CHECK(b.now() == breaker::state::closed);
    CHECK(!b.admit(later));
    CHECK(!b.failed(later));
  }
  SECTION("that fails opens it for another pause") {
    CHECK(b.failed(later));
    CHECK(b.admit(later + seconds{29}));
    CHECK(!b.admit(later + seconds{31}));
  }
  SECTION("that says nothing leaves it to the next") {
    b.neither();
    CHECK(b.now() == breaker::state::half_open);
    CHECK(!b.admit(later));
    CHECK(b.admit(later));
  }
  SECTION("what began before says nothing") {
    breaker other{three};
    open(other, noon);
    other.succeeded();
    CHECK(other.now() == breaker::state::open);
  }
}

TEST_CASE("a breaker that is reset has forgotten", "[breaker]") {
  breaker b{three};
  open(b, noon);
  b.reset();
  CHECK(!b.admit(noon));
  CHECK(!b.failed(noon));
}
