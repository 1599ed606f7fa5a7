#include <sys/file.h>
#include <sys/stat.h>
#include <catch2/catch.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "plugins/media/disk_store.hpp"
#include "testing/fake_host.hpp"
#include "tests/plugins/media/store_suite.hpp"
#include "tests/runtime/store/test_postgres.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::media;

namespace {

std::size_t files_below(const std::filesystem::path& folder) {
  std::size_t n = 0;
  if (std::filesystem::is_directory(folder))
    for (const auto& e : std::filesystem::recursive_directory_iterator(folder)) n += e.is_regular_file();
  return n;
}

struct disk_bench {
  temp_dir dir;
  inline_offload threads;
  memory_log log;
  disk_store store{dir.path() / "media", threads, log};
};

}  // namespace

TEST_CASE("the disk keeps media as every storage does, and nothing beside", "[media]") {
  disk_bench b;
  check_media_store(b.store, 300'000);
  CHECK(files_below(b.dir.path()) == 0);
  CHECK(b.log.all().empty());
}

TEST_CASE("a file that is open is read to its end, whatever becomes of its name", "[media]") {
  disk_bench b;
  const auto bytes = bytes_of(50'000);
  REQUIRE(wait_for<done>(b.store.put("files/ab/x.bin", bytes, "text/plain")));
  const auto open = wait_for<media_content>(b.store.open("files/ab/x.bin", {}));
  REQUIRE(open);
  CHECK(open.value().url.empty());
  REQUIRE(wait_for<done>(b.store.remove("files/ab/x.bin")));
  CHECK(open.value().file->read(0, 60'000) == bytes);
}

TEST_CASE("of two who write one part the second is refused", "[media]") {
  disk_bench b;
  auto at = wait_for<media_upload>(b.store.begin("files/ab/x.bin", "text/plain")).value();
  at = wait_for<media_upload>(b.store.append(at, "one")).value();
  const auto part = (b.dir.path() / "media/parts/files/ab/x.bin").string();
  auto* other = std::fopen(part.c_str(), "r+");
  REQUIRE(other);
  REQUIRE(::flock(::fileno(other), LOCK_EX) == 0);
  CHECK(wait_for<media_upload>(b.store.append(at, "two")).refusal().code == "MEDIA_BUSY");
  std::fclose(other);
  CHECK(wait_for<media_upload>(b.store.append(at, "two")));
}

TEST_CASE("parts that are shorter than was kept are lost, and that is told", "[media]") {
  disk_bench b;
  media_upload at;
  at.name = "files/ab/x.bin";
  at.size = 10;
  CHECK(wait_for<media_upload>(b.store.append(at, "x")).refusal().code == "MEDIA_NOT_FOUND");
  CHECK(wait_for<done>(b.store.finish(at)).refusal().code == "MEDIA_NOT_FOUND");
}

TEST_CASE("a disk that refuses is unavailable, and its words go to the log alone", "[media]") {
  disk_bench b;
  std::ofstream(b.dir.path() / "media") << "a file where the folder should be";
  const auto put = wait_for<done>(b.store.put("files/ab/x.bin", "x", "text/plain"));
  REQUIRE(!put);
  CHECK(put.refusal().kind == fault_kind::unavailable);
  CHECK(put.refusal().code == "STORAGE_UNAVAILABLE");
  CHECK(put.refusal().message.find(b.dir.path().string()) == std::string::npos);
  CHECK(b.log.all().find("the disk refused") != std::string::npos);
}
