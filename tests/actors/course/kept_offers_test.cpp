#include "actors/course/kept_offers.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace stoa;
using namespace stoa::actors;

namespace {

/// One course's offer as the database answers it.
class offer_row final : public rows::source {
 public:
  offer_row(course_id id, std::int64_t price)
      : texts_{id.str(), "A course", std::to_string(price), "USD", "published", "3"} {}
  std::size_t count() const override { return 1; }
  bool null(std::size_t, std::size_t) const override { return false; }
  std::string_view text(std::size_t, std::size_t column) const override { return texts_.at(column); }

 private:
  std::vector<std::string> texts_;
};

struct asked_for {
  std::vector<kept_offers::reads::answer> reads;
  manual_clock time{timestamp{hours{24 * 365 * 50}}};
  kept_offers offers{time, [this](const std::vector<course_id>&, kept_offers::reads::answer then) {
                       reads.push_back(std::move(then));
                     }};
  const course_id id = course_id::make();
  std::vector<std::string> got;  ///< prices, or codes of refusals

  void ask() {
    detach<course_offer>(offers.get(id), [this](result<course_offer> r) {
      got.push_back(r ? std::to_string(r->price.minor) : r.refusal().code);
    });
  }
  void answer(std::int64_t price) { answer(rows(std::make_shared<offer_row>(id, price))); }
  void answer(result<rows> with) {
    REQUIRE(reads.size() == 1);
    const auto then = std::move(reads.front());
    reads.clear();
    then(std::move(with));
  }
};

using prices = std::vector<std::string>;

}  // namespace

TEST_CASE("an offer is read once for those who come together, until it is old", "[course]") {
  asked_for a;
  a.ask();
  a.answer(700);
  a.ask();
  a.time.advance(seconds{29});
  a.ask();
  CHECK(a.got == prices{"700", "700", "700"});
  CHECK(a.reads.empty());
  a.time.advance(seconds{1});
  a.ask();
  a.answer(900);
  CHECK(a.got.back() == "900");
}

TEST_CASE("an offer that has changed is read anew", "[course]") {
  asked_for a;
  a.ask();
  a.answer(700);
  a.offers.forget(a.id);
  a.ask();
  a.answer(900);
  CHECK(a.got == prices{"700", "900"});
}

TEST_CASE("an offer that changes while it is read is not kept", "[course]") {
  asked_for a;
  a.ask();
  a.offers.forget(a.id);
  a.answer(700);
  a.ask();
  a.answer(900);
  a.ask();
  CHECK(a.got == prices{"700", "900", "900"});
}

TEST_CASE("neither a course that is not there nor a fault is kept", "[course]") {
  asked_for a;
  a.ask();
  a.answer(rows());
  a.ask();
  a.answer(fault::unavailable("The database is away."));
  a.ask();
  a.answer(700);
  CHECK(a.got == prices{"COURSE_NOT_FOUND", fault::unavailable("").code, "700"});
}

TEST_CASE("a clock that was set back makes nothing younger", "[course]") {
  asked_for a;
  a.ask();
  a.answer(700);
  a.time.advance(seconds{-1});
  a.ask();
  a.answer(900);
  CHECK(a.got == prices{"700", "900"});
}
