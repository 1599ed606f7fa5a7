// Every command and reply of every kind leaves as bytes and comes back the same: what a cluster rests on.
#include <catch2/catch.hpp>

#include <set>
#include <string>

#include "actors/actors.hpp"
#include "stoa/packed.hpp"

using namespace stoa;

namespace {

/// Gives every member a value of its own, so that one that is lost or swapped shows.
class filler {
 public:
  template <class T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>) void fill(T& v) {
    v = static_cast<T>(std::is_same_v<T, bool> || std::is_enum_v<T> ? 1 : ++next_);
  }
  void fill(double& v) { v = ++next_ + 0.5; }
  void fill(std::string& v) { v = "text " + std::to_string(++next_); }
  void fill(uuid& v) { v = uuid::from_name(std::to_string(++next_)); }
  template <class Tag>
  void fill(id<Tag>& v) {
    fill(v.value);
  }
  template <class Rep, class Period>
  void fill(std::chrono::duration<Rep, Period>& v) {
    v = std::chrono::duration<Rep, Period>(++next_);
  }
  template <class Clock, class Duration>
  void fill(std::chrono::time_point<Clock, Duration>& v) {
    v = std::chrono::time_point<Clock, Duration>(Duration(++next_));
  }
  template <class T>
  void fill(std::optional<T>& v) {
    fill(v.emplace());
  }
  template <class A, class B>
  void fill(std::pair<A, B>& v) {
    fill(v.first), fill(v.second);
  }
  template <class T>
  void fill(std::vector<T>& v) {
    for (int i = 0; i < 3; ++i) fill(v.emplace_back());
  }
  template <class T, std::size_t N>
  void fill(std::array<T, N>& v) {
    for (auto& item : v) fill(item);
  }
  template <class Key, class T>
  void fill(std::unordered_map<Key, T>& v) {
    for (int i = 0; i < 3; ++i) {
      Key key{};
      fill(key);
      fill(v[key]);
    }
  }
  template <class T>
  requires(boost::describe::has_describe_members<T>::value) void fill(T& v) {
    boost::mp11::mp_for_each<boost::describe::describe_members<T, boost::describe::mod_any_access>>(
        [&](auto m) { fill(v.*m.pointer); });
  }

 private:
  int next_ = 100;
};

template <class T>
void travels() {
  T v{};
  filler().fill(v);
  const auto bytes = packed::pack(v);
  const auto back = packed::unpack<T>(bytes);
  REQUIRE(back);
  CHECK(packed::pack(*back) == bytes);
  if (bytes.size() > 1) CHECK(bytes != packed::pack(T{}));
  // A part of it is never taken for a whole.
  for (std::size_t n = 0; n < bytes.size(); ++n) CHECK_FALSE(packed::unpack<T>(std::string_view(bytes).substr(0, n)));
  CHECK_FALSE(packed::unpack<T>(bytes + "x"));

  const result<T> good = v;
  const auto arrived = packed::unpack<result<T>>(packed::pack(good));
  REQUIRE(arrived);
  REQUIRE(arrived->ok());
  CHECK(packed::pack(arrived->value()) == bytes);
}

template <class Kind, class... Commands>
void all_travel(std::set<std::string>& seen, command_list<Commands...>) {
  INFO(Kind::name);
  (travels<Commands>(), ...);
  (travels<typename Commands::reply>(), ...);
  seen.insert(Kind::name);
}

template <class... Kinds>
std::set<std::string> every(actors::kind_list<Kinds...>) {
  std::set<std::string> seen;
  (all_travel<Kinds>(seen, typename Kinds::commands{}), ...);
  return seen;
}

struct young {
  int a = 0;
  std::string b = "as before";
};
BOOST_DESCRIBE_STRUCT(young, (), (a, b))
struct old {
  int a = 0;
};
BOOST_DESCRIBE_STRUCT(old, (), (a))

}  // namespace

TEST_CASE("every command and reply of every kind travels as bytes", "[kinds]") {
  CHECK(every(actors::all_kinds{}) == std::set<std::string>{"account", "attempt", "cart", "course", "enrollment",
                                                            "quiz", "session", "sign_in_guard", "wishlist"});
}

TEST_CASE("a refusal travels with all it says", "[kinds]") {
  fault f = fault::invalid({{"title", "Say it.", "required"}});
  f.retry_after = seconds{7};
  f.extra.emplace_back("actual_role", "student");
  const auto back = packed::unpack<result<int>>(packed::pack(result<int>(f)));
  REQUIRE(back);
  REQUIRE_FALSE(back->ok());
  CHECK(packed::pack(back->refusal()) == packed::pack(f));
  CHECK(back->refusal().fields.front().rule == "required");
  CHECK(back->refusal().retry_after == seconds{7});
}

TEST_CASE("versions that only append members understand each other", "[kinds]") {
  CHECK(packed::unpack<old>(packed::pack(young{5, "new"}))->a == 5);
  const auto grown = packed::unpack<young>(packed::pack(old{6}));
  REQUIRE(grown);
  CHECK(grown->a == 6);
  CHECK(grown->b == "as before");
}

TEST_CASE("bytes from anywhere are refused, not followed", "[kinds]") {
  CHECK_FALSE(packed::unpack<std::vector<int>>("\xff\xff\xff\xff\x7f"));
  CHECK_FALSE(packed::unpack<std::string>("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"));
  CHECK_FALSE(packed::unpack<std::vector<std::string>>("\x02\x01"));
}
