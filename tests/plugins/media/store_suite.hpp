// What every media storage has to do, whatever it keeps bytes in.
#pragma once

#include <catch2/catch.hpp>

#include <string>
#include <utility>

#include "stoa/areas/media.hpp"
#include "testing/waiting.hpp"

namespace stoa::testing {

inline std::string bytes_of(std::size_t count, unsigned seed = 1) {
  std::string out(count, '\0');
  for (auto& c : out) c = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
  return out;
}

/// `part` is the size of a part: the smallest that the storage takes anywhere but at the end.
inline void check_media_store(media_store& store, std::size_t part) {
  const auto there = [&](const std::string& name) {
    const auto found = wait_for<std::optional<media_object>>(store.head(name));
    REQUIRE(found);
    return found.value() ? static_cast<std::int64_t>(found.value()->size) : -1;
  };
  const auto all_of = [&](const std::string& name) {
    const auto read = wait_for<std::string>(store.read(name, 0, 1 << 30));
    return read ? read.value() : read.refusal().code;
  };
  const auto append = [&](media_upload to, const std::string& bytes) {
    auto r = wait_for<media_upload>(store.append(std::move(to), bytes));
    REQUIRE(r);
    return std::move(r).value();
  };

  // Whole objects.
  const auto one = bytes_of(100'000), other = bytes_of(70'000, 2);
  REQUIRE(wait_for<done>(store.put("files/ab/one.bin", one, "application/octet-stream")));
  CHECK(all_of("files/ab/one.bin") == one);
  CHECK(there("files/ab/one.bin") == 100'000);
  CHECK(wait_for<std::string>(store.read("files/ab/one.bin", 99'990, 100)).value() == one.substr(99'990));
  REQUIRE(wait_for<done>(store.put("files/ab/one.bin", other, "application/octet-stream")));
  CHECK(all_of("files/ab/one.bin") == other);
  CHECK(all_of("files/ab/none.bin") == "MEDIA_NOT_FOUND");
  CHECK(there("files/ab/none.bin") == -1);
  CHECK(wait_for<media_content>(store.open("files/ab/none.bin", {})).refusal().code == "MEDIA_NOT_FOUND");
  for (const auto* bad : {"", "../x", "files/../x", "/files/x", "files//x", "files/.x", "files/x/", "files/X", "a b"}) {
    INFO(bad);
    CHECK(wait_for<done>(store.put(bad, "x", "text/plain")).refusal().kind == fault_kind::internal);
  }

  // In parts: nothing is shown before the end, what was not kept is written over, and the end may come twice.
  const auto whole = bytes_of(2 * part + 1000, 3);
  auto begun = wait_for<media_upload>(store.begin("files/cd/parts.bin", "application/octet-stream"));
  REQUIRE(begun);
  auto at = append(std::move(begun).value(), whole.substr(0, part));
  CHECK(at.size == part);
  append(at, bytes_of(part, 9));
  CHECK(there("files/cd/parts.bin") == -1);
  at = append(at, whole.substr(part, part));
  at = append(at, whole.substr(2 * part));
  REQUIRE(wait_for<done>(store.finish(at)));
  CHECK(wait_for<done>(store.finish(at)));
  CHECK(all_of("files/cd/parts.bin") == whole);

  // Small parts, too.
  auto small = wait_for<media_upload>(store.begin("files/cd/small.bin", "application/octet-stream")).value();
  for (std::size_t i = 0; i < 3000; i += 1000) small = append(small, whole.substr(i, 1000));
  REQUIRE(wait_for<done>(store.finish(small)));
  CHECK(all_of("files/cd/small.bin") == whole.substr(0, 3000));

  // Given up: nothing is left, and it cannot be finished.
  auto left = wait_for<media_upload>(store.begin("files/ef/left.bin", "application/octet-stream")).value();
  left = append(left, whole.substr(0, part));
  left = append(left, "tail");
  REQUIRE(wait_for<done>(store.remove("files/ef/left.bin")));
  CHECK(!wait_for<done>(store.finish(left)));
  CHECK(there("files/ef/left.bin") == -1);

  // Lists are in order and go on behind a name.
  const auto names = [&](const std::string& prefix, const std::string& after, std::size_t most) {
    std::string out;
    const auto found = wait_for<std::vector<media_object>>(store.list(prefix, after, most));
    REQUIRE(found);
    for (const auto& o : found.value()) out += (out.empty() ? "" : " ") + o.name;
    return out;
  };
  CHECK(names("files/", "", 10) == "files/ab/one.bin files/cd/parts.bin files/cd/small.bin");
  CHECK(names("files/", "files/ab/one.bin", 1) == "files/cd/parts.bin");
  CHECK(names("files/c", "", 10) == "files/cd/parts.bin files/cd/small.bin");

  for (const auto* gone : {"files/ab/one.bin", "files/cd/parts.bin", "files/cd/small.bin", "files/ab/one.bin"})
    CHECK(wait_for<done>(store.remove(gone)));
  CHECK(names("", "", 10) == "");
}

}  // namespace stoa::testing
