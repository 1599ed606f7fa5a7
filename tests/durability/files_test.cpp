// Uploads: what was acknowledged is there, what was not leaves nothing, and memory is bounded meanwhile.
#include <curl/curl.h>
#include <signal.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "runtime/store/plain.hpp"
#include "stoa/crypto.hpp"
#include "tests/plugins/payments/npm_parts.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/server.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

constexpr std::size_t mebibyte = 1 << 20;

client lms(const server& at, const person& who) { return at.client().below("/lms/api/v1").as(who.access); }

std::string noise(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string out(count, '\0');
  for (std::size_t i = 0; i + 4 <= count; i += 4) {
    const auto word = static_cast<std::uint32_t>(random());
    std::memcpy(out.data() + i, &word, 4);
  }
  return out;
}

std::string form(const std::string& content) {
  return "--boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.pdf\"\r\nContent-Type: "
         "application/pdf\r\n\r\n%PDF-1.4\n" +
         content + "\r\n--boundary--\r\n";
}

/// A line of /proc/PID/status, in bytes.
std::size_t memory_of(const server& at, const std::string& line) {
  std::ifstream in("/proc/" + std::to_string(at.pid()) + "/status");
  for (std::string one; std::getline(in, one);)
    if (one.starts_with(line + ":")) return std::stoul(one.substr(line.size() + 1)) * 1024;
  throw std::runtime_error("no " + line);
}
/// From here on VmHWM is the peak since now.
void forget_peak(const server& at) { std::ofstream("/proc/" + std::to_string(at.pid()) + "/clear_refs") << "5"; }

std::size_t files_on_disk(const server& at) {
  std::size_t n = 0;
  const auto folder = at.data() / "files";
  if (std::filesystem::is_directory(folder))
    for (const auto& e : std::filesystem::recursive_directory_iterator(folder)) n += e.is_regular_file();
  return n;
}

/// How far an upload has come, as its client asks.
std::string offset_of(const server& at, const person& who, const std::string& id) {
  const auto r = lms(at, who).with("Tus-Resumable", "1.0.0").send("HEAD", "/files/tus/" + id, std::nullopt);
  REQUIRE_STATUS(r, 200);
  return r.header("upload-offset").value();
}

struct closer {
  void operator()(CURL* c) const noexcept { curl_easy_cleanup(c); }
  void operator()(curl_slist* l) const noexcept { curl_slist_free_all(l); }
};

/// A large POST as libcurl sends it by itself: it asks first whether the body is wanted. The body is not copied.
response post_large(const std::string& url, const std::string& token, const std::string& body) {
  response out;
  const std::unique_ptr<CURL, closer> c(curl_easy_init());
  curl_slist* fields = curl_slist_append(nullptr, ("Authorization: Bearer " + token).c_str());
  fields = curl_slist_append(fields, "Content-Type: multipart/form-data; boundary=boundary");
  const std::unique_ptr<curl_slist, closer> all(fields);
  curl_easy_setopt(c.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(c.get(), CURLOPT_NOPROXY, "*");
  curl_easy_setopt(c.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c.get(), CURLOPT_TIMEOUT_MS, 120'000L);
  curl_easy_setopt(c.get(), CURLOPT_EXPECT_100_TIMEOUT_MS, 20'000L);
  curl_easy_setopt(c.get(), CURLOPT_HTTPHEADER, fields);
  curl_easy_setopt(c.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(c.get(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(c.get(), CURLOPT_WRITEDATA, &out);
  curl_easy_setopt(
      c.get(), CURLOPT_WRITEFUNCTION, +[](char* data, std::size_t size, std::size_t n, void* into) {
        static_cast<response*>(into)->body.append(data, size * n);
        return size * n;
      });
  curl_easy_setopt(c.get(), CURLOPT_HEADERDATA, &out);
  curl_easy_setopt(
      c.get(), CURLOPT_HEADERFUNCTION, +[](char* data, std::size_t size, std::size_t n, void* into) {
        const std::string line(data, size * n);
        if (line.starts_with("Retry-After:"))
          static_cast<response*>(into)->headers.emplace_back("retry-after", line.substr(13, 1));
        return size * n;
      });
  if (curl_easy_perform(c.get()) != CURLE_OK) return out;
  long status = 0;
  curl_easy_getinfo(c.get(), CURLINFO_RESPONSE_CODE, &status);
  out.status = static_cast<int>(status);
  return out;
}

}  // namespace

TEST_CASE("64 uploads of 32 MiB at once stay within the bound of memory, and none is lost", "[durability][files]") {
  server at(server_options{});
  const auto ada = fresh_account(at);
  const auto body = form(noise(32 * mebibyte - 1024, 1));
  const auto url = at.url() + "/lms/api/v1/files/upload";
  REQUIRE(post_large(url, ada.access, body).status == 201);
  const auto before = memory_of(at, "VmRSS");
  forget_peak(at);
  std::atomic<int> stored{0}, put_off{0}, other{0}, without_hint{0};
  std::vector<std::thread> senders;
  for (int i = 0; i < 64; ++i)
    senders.emplace_back([&] {
      auto next = std::chrono::steady_clock::now();
      eventually(
          [&] {
            if (std::chrono::steady_clock::now() < next) return false;
            const auto r = post_large(url, ada.access, body);
            if (r.status == 201) return ++stored, true;
            if (r.status == 503) {
              ++put_off;
              if (r.header("retry-after") != "1") ++without_hint;
            } else {
              ++other;
            }
            next = std::chrono::steady_clock::now() + std::chrono::seconds{1};
            return false;
          },
          std::chrono::seconds{180});
    });
  for (auto& t : senders) t.join();
  const auto grown = memory_of(at, "VmHWM") - before;
  INFO(put_off << " put off, grown by " << grown / mebibyte << " MiB");
  CHECK(stored == 64);
  CHECK(put_off > 0);
  CHECK(without_hint == 0);
  CHECK(other == 0);
  // [http] max_bodies is 256 MiB; a body lies twice in memory while its handler runs, and what was freed may be kept.
  CHECK(grown < 700 * mebibyte);
  CHECK(lms(at, ada).get("/files").integer("total") == 65);
  CHECK(files_on_disk(at) == 65);
  CHECK(at.stop() == 0);
}

TEST_CASE("a gigabyte goes up by a foreign client, breaks off, goes on, and comes down in ranges",
          "[durability][files]") {
  const npm_parts parts{STOA_SOURCE_DIR "/tests/durability/npm"};
  server at(server_options{});
  const auto ada = fresh_account(at);
  const auto file = at.data() / "lecture.pdf";
  constexpr std::size_t piece = 16 * mebibyte, pieces = 64;
  std::vector<digest_256> sums;
  {
    std::ofstream out(file, std::ios::binary);
    auto bytes = noise(piece, 2);
    for (std::size_t i = 0; i < pieces; ++i) {
      std::memcpy(bytes.data(), "%PDF-1.4\n", 9);
      std::memcpy(bytes.data() + 16, &i, sizeof i);
      sums.push_back(sha256(bytes));
      out << bytes;
    }
  }
  const auto endpoint = at.url() + "/lms/api/v1/files/tus";
  const auto send = [&](std::vector<std::string> more) {
    std::vector<std::string> argv{"node", "tus_upload.mjs", endpoint, ada.access, file.string(), "8388608"};
    argv.insert(argv.end(), more.begin(), more.end());
    return parts.run(argv);
  };
  // So that what a first upload allocates for good is there.
  at.client().get("/health");
  const auto before = memory_of(at, "VmRSS");
  forget_peak(at);
  const auto broken_off = send({"--stop-after", std::to_string(400 * mebibyte + 1234567)});
  INFO(broken_off.out);
  REQUIRE(broken_off.status == 0);
  REQUIRE(broken_off.out.starts_with(endpoint + "/"));
  const auto id = broken_off.out.substr(broken_off.out.rfind('/') + 1);
  const auto half = offset_of(at, ada, id);
  CHECK(std::stoull(half) >= 392 * mebibyte);
  CHECK(std::stoull(half) <= 408 * mebibyte);
  const auto grown = memory_of(at, "VmHWM") - before;
  // Killed in between, too: what was acknowledged is there.
  at.kill();
  at.start();
  at.client().get("/health");
  const auto after = memory_of(at, "VmRSS");
  CHECK(offset_of(at, ada, id) == half);
  const auto went_on = parts.run({"node", "tus_upload.mjs", at.url() + "/lms/api/v1/files/tus", ada.access,
                                  file.string(), "8388608", "--resume", at.url() + "/lms/api/v1/files/tus/" + id});
  INFO(went_on.out);
  REQUIRE(went_on.status == 0);
  const auto grown_then = memory_of(at, "VmHWM") - after;
  INFO("grown by " << grown / mebibyte << " and " << grown_then / mebibyte << " MiB");
  CHECK(grown < 64 * mebibyte);
  CHECK(grown_then < 64 * mebibyte);

  const auto shown = lms(at, ada).get("/files/" + id);
  REQUIRE_STATUS(shown, 200);
  CHECK(shown.integer("file_size") == static_cast<std::int64_t>(piece * pieces));
  CHECK(shown.text("content_type") == "application/pdf");
  const auto link = lms(at, ada).get("/files/" + id + "/download").header("location").value();
  for (std::size_t i = 0; i < pieces; ++i) {
    const auto range = "bytes=" + std::to_string(i * piece) + "-" + std::to_string((i + 1) * piece - 1);
    const auto got = client(link).with("Range", range).get("");
    REQUIRE_STATUS(got, 206);
    REQUIRE(sha256(got.body) == sums[i]);
  }
  CHECK(at.stop() == 0);
}

TEST_CASE("an acknowledged upload survives a kill, one that was not leaves nothing behind", "[durability][files]") {
  server_options options;
  options.environment = {{"STOA_PLUGINS_FILES_SWEEP_EVERY", "200ms"}};
  server at(options);
  const auto ada = fresh_account(at);
  std::mutex mutex;
  std::map<std::string, std::string> acknowledged;  // by id
  std::atomic<unsigned> made{0};
  for (int round = 0; round < 10; ++round) {
    const auto before = acknowledged.size();
    std::vector<std::thread> senders;
    const auto door = lms(at, ada);
    for (int i = 0; i < 4; ++i)
      senders.emplace_back([&, i] {
        try {
          for (;;) {
            const auto content = noise(300'000, ++made);
            std::string id;
            if (i % 2 == 0) {
              const auto r = door.with("Content-Type", "multipart/form-data; boundary=boundary")
                                 .post("/files/upload", form(content));
              if (r.status != 201) return;
              id = r.text("id");
            } else {
              const auto bytes = "%PDF-1.4\n" + content;
              const auto tus =
                  door.with("Tus-Resumable", "1.0.0").with("Content-Type", "application/offset+octet-stream");
              const auto begun = tus.with("Upload-Length", std::to_string(bytes.size())).post("/files/tus", "");
              if (begun.status != 201) return;
              const auto to = begun.header("location").value();
              id = to.substr(to.rfind('/') + 1);
              for (std::size_t from = 0; from < bytes.size(); from += 100'000)
                if (tus.with("Upload-Offset", std::to_string(from))
                        .patch("/files/tus/" + id, bytes.substr(from, 100'000))
                        .status != 204)
                  return;
            }
            const std::lock_guard hold{mutex};
            acknowledged.emplace(id, "%PDF-1.4\n" + content);
          }
        } catch (const std::exception&) {
          // No answer: the server is gone.
        }
      });
    eventually(
        [&] {
          const std::lock_guard hold{mutex};
          return acknowledged.size() >= before + 4 + static_cast<std::size_t>(round);
        },
        std::chrono::seconds{30});
    at.kill();
    for (auto& t : senders) t.join();
    at.start();
  }
  runtime::plain_connection db{at.database()};
  db.run("set stoa.acting = 'system'");
  // Time passes for what was on its way.
  db.run(
      "update plugin_files.file set due_at = now() - interval '1 second', busy_until = null where due_at is not null");
  CHECK(eventually(
      [&] { return db.run("select count(*) from plugin_files.file where state <> 'stored'").at(0).at(0) == "0"; },
      std::chrono::seconds{30}));
  const auto rows = std::stoul(db.run("select count(*) from plugin_files.file").at(0).at(0).value());
  CHECK(rows >= acknowledged.size());
  CHECK(files_on_disk(at) == rows);
  CHECK(db.run("select u.files = (select count(*) from plugin_files.file f) and u.bytes = (select sum(file_size) from "
               "plugin_files.file f) from plugin_files.usage u")
            .at(0)
            .at(0) == "t");
  for (const auto& [id, content] : acknowledged) {
    INFO(id);
    const auto to = lms(at, ada).get("/files/" + id + "/download");
    REQUIRE_STATUS(to, 302);
    REQUIRE(client(to.header("location").value()).get("").body == content);
  }
  CHECK(at.stop() == 0);
}
