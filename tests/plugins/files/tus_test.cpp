#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

#include "plugins/files/tus_rules.hpp"
#include "stoa/crypto.hpp"
#include "tests/plugins/files/files_bench.hpp"

using namespace stoa;
using namespace stoa::testing;
using namespace stoa_plugin::files;

namespace {

using fields = files_bench::fields;
const auto ada = plugin_bench::signed_in(user_id::make());
const auto bob = plugin_bench::signed_in(user_id::make());

/// `filename notes.txt,filetype text/plain`
const std::string notes = "filename bm90ZXMudHh0,filetype dGV4dC9wbGFpbg==";

struct tus_bench : files_bench {
  using files_bench::files_bench;

  fields with(fields more) const {
    more.emplace_back("tus-resumable", "1.0.0");
    return more;
  }
  result<reply> create(const caller& who, const std::string& length, const std::string& metadata = notes,
                       const std::string& body = {}) {
    return call(verb::post, "/files/tus", who, body,
                with({{"upload-length", length},
                      {"upload-metadata", metadata},
                      {"content-type", "application/offset+octet-stream"}}));
  }
  std::string begun(const caller& who, std::int64_t length) {
    const auto made = create(who, std::to_string(length));
    REQUIRE(made);
    REQUIRE(made.value().status == 201);
    const auto to = field_of(made.value(), "Location");
    REQUIRE(to.starts_with("http://stoa.test/api/v1/files/tus/"));
    return to.substr(to.rfind('/') + 1);
  }
  result<reply> patch(const caller& who, const std::string& id, std::int64_t offset, std::string bytes,
                      const fields& more = {}) {
    auto all = with({{"upload-offset", std::to_string(offset)}, {"content-type", "application/offset+octet-stream"}});
    all.insert(all.end(), more.begin(), more.end());
    return call(verb::patch, "/files/tus/{file_id}", who, std::move(bytes), std::move(all), {{"file_id", id}});
  }
  result<reply> head(const caller& who, const std::string& id) {
    return call(verb::get, "/files/tus/{file_id}", who, {}, with({}), {{"file_id", id}});
  }
  std::string offset(const caller& who, const std::string& id) {
    const auto r = head(who, id);
    return r ? field_of(r.value(), "Upload-Offset") : r.refusal().code;
  }
};

std::string answered(const result<reply>& r) { return r ? std::to_string(r.value().status) : r.refusal().code; }

}  // namespace

TEST_CASE("the words of tus are read strictly", "[files][tus]") {
  CHECK(byte_count("0") == 0);
  CHECK(byte_count("1073741824") == 1073741824);
  for (const auto* bad : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0", "99999999999999999999", "4611686018427387904"})
    CHECK(!byte_count(bad));
  CHECK(from_base64("aGVsbG8=") == "hello");
  CHECK(from_base64("") == "");
  for (const auto* bad : {"aGVsbG8", "aGVsbG8==", "a===", "aG-_", "aGVs bG8="}) CHECK(!from_base64(bad));
  CHECK(read_metadata(notes).value().filename == "notes.txt");
  CHECK(read_metadata(notes).value().filetype == "text/plain");
  CHECK(read_metadata("is_confidential,filename YQ==").value().filename == "a");
  CHECK(read_metadata("").value().filename.empty());
  for (const auto* bad : {"filename YQ", "filename YQ==,filename YQ==", ",", "filename YQ==,,x YQ=="})
    CHECK(!read_metadata(bad));
  CHECK(!read_metadata("x " + std::string(5000, 'a')));
  const auto sum = read_checksum("sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=");
  REQUIRE(sum);
  CHECK(has_checksum(sum.value(), "hello"));
  CHECK(!has_checksum(sum.value(), "hellO"));
  const auto longer = read_checksum("sha256 LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
  REQUIRE(longer);
  CHECK(has_checksum(longer.value(), "hello"));
  for (const auto* bad :
       {"", "sha1", "md5 XUFAKrxLKna5cZ2REBfFkg==", "sha1 YQ==", "sha256 qvTGHdzF6KLavt4PO0gs2a6pQ00="})
    CHECK(!read_checksum(bad));
}

TEST_CASE("a file comes in parts, at exact offsets, and is a file like any other then", "[files][tus]") {
  tus_bench b;
  const std::string text = "plain words, and more of them\n";
  const auto id = b.begun(ada, static_cast<std::int64_t>(text.size()));
  CHECK(b.offset(ada, id) == "0");
  CHECK(b.offset(bob, id) == "FILE_NOT_FOUND");
  CHECK(answered(b.patch(bob, id, 0, "x")) == "FILE_NOT_FOUND");
  CHECK(answered(b.patch(ada, id, 5, "x")) == "OFFSET_MISMATCH");
  const auto first = b.patch(ada, id, 0, text.substr(0, 10));
  REQUIRE(answered(first) == "204");
  CHECK(b.field_of(first.value(), "Upload-Offset") == "10");
  CHECK(b.field_of(first.value(), "Tus-Resumable") == "1.0.0");
  CHECK(b.field_of(first.value(), "Upload-Expires") == "Wed, 28 Jan 2026 16:05:00 GMT");
  CHECK(answered(b.patch(ada, id, 0, text.substr(0, 10))) == "OFFSET_MISMATCH");
  CHECK(answered(b.patch(ada, id, 10, std::string(100, 'x'))) == "UPLOAD_TOO_LONG");
  CHECK(b.offset(ada, id) == "10");
  // Not shown before it is whole.
  CHECK(plugin_bench::refusal(b.call(verb::get, "/files/{file_id}", ada, {}, {}, {{"file_id", id}})) ==
        "FILE_NOT_FOUND");
  CHECK(plugin_bench::body_of(b.call(verb::get, "/files", ada)).find("count")->as_integer() == 0);
  const auto last = b.patch(ada, id, 10, text.substr(10));
  REQUIRE(answered(last) == "204");
  CHECK(b.field_of(last.value(), "Upload-Offset") == std::to_string(text.size()));
  CHECK(b.field_of(last.value(), "Upload-Expires") == "none");
  CHECK(b.offset(ada, id) == std::to_string(text.size()));

  const auto shown = plugin_bench::body_of(b.call(verb::get, "/files/{file_id}", ada, {}, {}, {{"file_id", id}}));
  CHECK(plugin_bench::text(shown, "original_filename") == "notes.txt");
  CHECK(plugin_bench::text(shown, "content_type") == "text/plain");
  CHECK(b.files_on_disk() == 1);
  CHECK(b.one("select bytes from plugin_files.usage") == std::to_string(text.size()));
}

TEST_CASE("an upload in parts may begin with its first bytes", "[files][tus]") {
  tus_bench b;
  const auto made = b.create(ada, "12", notes, "plain wor");
  REQUIRE(answered(made) == "201");
  CHECK(b.field_of(made.value(), "Upload-Offset") == "9");
  const auto whole = b.create(ada, "12", notes, "plain words\n");
  REQUIRE(answered(whole) == "201");
  CHECK(b.field_of(whole.value(), "Upload-Offset") == "12");
  CHECK(plugin_bench::body_of(b.call(verb::get, "/files", ada)).find("count")->as_integer() == 1);
  CHECK(answered(b.create(ada, "3", notes, "plain")) == "UPLOAD_TOO_LONG");
}

TEST_CASE("what tus forbids is refused in its words", "[files][tus]") {
  tus_bench b({{"max_size", "100000"}, {"quota", "150000"}});
  const auto other = b.call(verb::post, "/files/tus", ada, {}, {{"upload-length", "5"}, {"tus-resumable", "0.2.2"}});
  CHECK(answered(other) == "412");
  CHECK(b.field_of(other.value(), "Tus-Version") == "1.0.0");
  for (const auto* bad : {"", "0", "-1", "x"}) CHECK(plugin_bench::bad_fields(b.create(ada, bad)) == "Upload-Length");
  CHECK(plugin_bench::bad_fields(b.create(ada, "5", "filename %%%")) == "Upload-Metadata");
  CHECK(answered(b.create(ada, "5", "filetype dGV4dC9odG1s")) == "FILE_TYPE_NOT_ALLOWED");
  CHECK(answered(b.create(ada, "100001")) == "PAYLOAD_TOO_LARGE");
  CHECK(answered(b.create(ada, "100000")) == "201");
  CHECK(answered(b.create(ada, "100000")) == "QUOTA_EXCEEDED");

  const auto id = b.begun(ada, 5);
  CHECK(answered(b.call(verb::patch, "/files/tus/{file_id}", ada, "hello",
                        b.with({{"upload-offset", "0"}, {"content-type", "text/plain"}}), {{"file_id", id}})) ==
        "UNSUPPORTED_MEDIA_TYPE");
  CHECK(plugin_bench::bad_fields(b.call(verb::patch, "/files/tus/{file_id}", ada, "hello",
                                        b.with({{"content-type", "application/offset+octet-stream"}}),
                                        {{"file_id", id}})) == "Upload-Offset");
  CHECK(answered(b.patch(ada, id, 0, "hellO", {{"upload-checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00="}})) == "460");
  CHECK(answered(b.patch(ada, id, 0, "hello", {{"upload-checksum", "md5 XUFAKrxLKna5cZ2REBfFkg=="}})) ==
        "CHECKSUM_UNKNOWN");
  CHECK(b.offset(ada, id) == "0");
  CHECK(answered(b.patch(ada, id, 0, "hello", {{"upload-checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00="}})) == "204");
}

TEST_CASE("a file in parts that is not what it says is refused with its last part, and is gone", "[files][tus]") {
  tus_bench b;
  const std::string page = "<!DOCTYPE html><html><script>alert(1)</script></html>";
  const auto id = b.begun(ada, static_cast<std::int64_t>(page.size()));
  CHECK(answered(b.patch(ada, id, 0, page.substr(0, 20))) == "204");
  CHECK(answered(b.patch(ada, id, 20, page.substr(20))) == "FILE_TYPE_MISMATCH");
  CHECK(b.offset(ada, id) == "FILE_NOT_FOUND");
  CHECK(b.files_on_disk() == 0);
  CHECK(b.one("select bytes from plugin_files.usage") == "0");
}

TEST_CASE("an upload that is given up, or waits for too long, leaves nothing behind", "[files][tus]") {
  tus_bench b;
  const auto given_up = b.begun(ada, 100), forgotten = b.begun(ada, 200);
  CHECK(answered(b.patch(ada, given_up, 0, "plain")) == "204");
  CHECK(answered(b.patch(ada, forgotten, 0, "plain")) == "204");
  CHECK(b.files_on_disk() == 2);
  const auto end = [&](const caller& who) {
    return answered(b.call(verb::del, "/files/tus/{file_id}", who, {}, b.with({}), {{"file_id", given_up}}));
  };
  CHECK(end(bob) == "FILE_NOT_FOUND");
  CHECK(end(ada) == "204");
  CHECK(end(ada) == "FILE_NOT_FOUND");
  CHECK(answered(b.patch(ada, given_up, 5, "words")) == "FILE_NOT_FOUND");
  CHECK(b.files_on_disk() == 1);
  // Each part gives it another day.
  b.bench.time.advance(hours{20});
  CHECK(answered(b.patch(ada, forgotten, 5, "words")) == "204");
  b.bench.time.advance(hours{20});
  b.sweep();
  CHECK(b.offset(ada, forgotten) == "10");
  b.bench.time.advance(hours{5});
  CHECK(b.offset(ada, forgotten) == "FILE_NOT_FOUND");
  CHECK(answered(b.patch(ada, forgotten, 10, "words")) == "FILE_NOT_FOUND");
  b.sweep();
  CHECK(b.files_on_disk() == 0);
  CHECK(b.one("select count(*) from plugin_files.file") == "0");
  CHECK(b.one("select bytes || ' ' || files from plugin_files.usage") == "0 0");
}

TEST_CASE("of parts that come for one place at once, one is taken", "[files][tus]") {
  tus_bench b;
  for (int round = 0; round < 5; ++round) {
    const auto id = b.begun(ada, 3000);
    std::atomic<int> taken{0}, refused{0};
    std::vector<std::thread> senders;
    for (int i = 0; i < 8; ++i)
      senders.emplace_back([&, i] {
        const auto r = answered(b.patch(ada, id, 0, std::string(1000, static_cast<char>('a' + i))));
        if (r == "204")
          ++taken;
        else if (r == "UPLOAD_BUSY" || r == "OFFSET_MISMATCH")
          ++refused;
      });
    for (auto& t : senders) t.join();
    CHECK(taken == 1);
    CHECK(refused == 7);
    CHECK(b.offset(ada, id) == "1000");
  }
}

TEST_CASE("a part whose server was killed holds the file up for seconds only", "[files][tus]") {
  tus_bench b;
  const auto id = b.begun(ada, 10);
  CHECK(answered(b.patch(ada, id, 0, "plain")) == "204");
  // As the killed one leaves it: bytes behind the offset, and the file taken.
  const auto at = b.bench.time.now() + seconds{10};
  REQUIRE(b.one("update plugin_files.file set busy_token = gen_random_uuid(), busy_until = '" + rfc3339(at) +
                "' returning 1") == "1");
  media_upload part;
  part.name = b.one("select object from plugin_files.file");
  part.size = 5;
  part.state = b.one("select upload_state from plugin_files.file");
  REQUIRE(wait_for<media_upload>(b.store->append(part, "lost!")));
  CHECK(b.offset(ada, id) == "5");
  CHECK(answered(b.patch(ada, id, 5, "text\n")) == "UPLOAD_BUSY");
  b.bench.time.advance(seconds{11});
  CHECK(answered(b.patch(ada, id, 5, "text\n")) == "204");
  CHECK(wait_for<std::string>(b.store->read(part.name, 0, 100)).value() == "plaintext\n");
}

TEST_CASE("a file that came whole is stored by the next look at it, or by the sweep", "[files][tus]") {
  for (const bool looked_at : {true, false}) {
    tus_bench b;
    const auto id = b.begun(ada, 12);
    CHECK(answered(b.patch(ada, id, 0, "plain words")) == "204");
    // As a server leaves it that is killed between the last part and the answer.
    media_upload part;
    part.name = b.one("select object from plugin_files.file");
    part.size = 11;
    REQUIRE(wait_for<media_upload>(b.store->append(part, "\n")));
    REQUIRE(b.one("update plugin_files.file set state = 'whole', received = 12, due_at = uploaded_at + "
                  "interval '1 minute' returning 1") == "1");
    if (looked_at) {
      CHECK(b.offset(ada, id) == "12");
    } else {
      b.bench.time.advance(minutes{2});
      b.sweep();
    }
    CHECK(b.one("select state from plugin_files.file") == "stored");
    CHECK(plugin_bench::body_of(b.call(verb::get, "/files", ada)).find("count")->as_integer() == 1);
  }
}
