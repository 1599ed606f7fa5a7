#include "stoa/registry.hpp"

#include <catch2/catch.hpp>

using namespace stoa;
using Catch::Matchers::Contains;

namespace {

constexpr area tea{"tea", 2};

struct kettle {
  static constexpr interface_id interface { tea, "kettle" };
  explicit kettle(int h) : heat(h) {}
  int heat;
};
struct cup {
  static constexpr interface_id interface { tea, "cup" };
};

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const registry_error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("an interface is found by its type and its name", "[registry]") {
  registry r;
  kettle plain{90};
  r.offer(plain);
  r.offer(std::make_shared<kettle>(95), "steel");
  r.offer(std::make_shared<kettle>(80), "clay");
  CHECK(&r.use<kettle>() == &plain);
  CHECK(r.find<kettle>("steel")->heat == 95);
  CHECK(r.find<kettle>("glass") == nullptr);
  CHECK(r.find<cup>() == nullptr);
  CHECK(r.names<kettle>() == std::vector<std::string>{"", "clay", "steel"});
  CHECK(r.names<cup>().empty());
}

TEST_CASE("what nobody offers, or two do, is named", "[registry]") {
  registry r;
  CHECK_THAT(error_of([&] { r.use<kettle>(); }), Contains("nobody offers tea/2/kettle"));
  r.offer(std::make_shared<kettle>(1), "steel");
  CHECK_THAT(error_of([&] { r.offer(std::make_shared<kettle>(2), "steel"); }),
             Contains("tea/2/kettle \"steel\" is offered twice"));
}

TEST_CASE("what was found stays usable when it is withdrawn", "[registry]") {
  registry r;
  r.offer(std::make_shared<kettle>(95), "steel");
  const auto mine = r.find<kettle>("steel");
  r.withdraw<kettle>("steel");
  CHECK(r.find<kettle>("steel") == nullptr);
  CHECK(mine->heat == 95);
  r.offer(std::make_shared<kettle>(96), "steel");
  CHECK(r.find<kettle>("steel")->heat == 96);
}

TEST_CASE("a part may be made before what it uses", "[registry]") {
  registry r;
  const use_of<kettle> later(r);
  CHECK_THROWS_AS(later->heat, registry_error);
  kettle k{70};
  r.offer(k);
  CHECK(later->heat == 70);
}
