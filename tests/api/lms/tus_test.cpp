#include "stoa/ids.hpp"
#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client lms() { return shared_server().client().below("/lms/api/v1"); }
client tus(const client& at) {
  return at.with("Tus-Resumable", "1.0.0").with("Content-Type", "application/offset+octet-stream");
}
std::string id_of(const response& made) {
  const auto to = made.header("location").value();
  return to.substr(to.rfind('/') + 1);
}

}  // namespace

TEST_CASE("lms: a file goes up in parts by tus", "[lms][files][tus]") {
  const auto ada = fresh_account();
  const auto at = tus(lms().as(ada.access));
  const auto made = at.with("Upload-Length", "20")
                        .with("Upload-Metadata", "filename bm90ZXMudHh0,filetype dGV4dC9wbGFpbg==")
                        .send("POST", "/files/tus", std::string());
  REQUIRE_STATUS(made, 201);
  CHECK(made.header("tus-resumable") == "1.0.0");
  CHECK(made.header("upload-expires").has_value());
  CHECK(made.header("location").value().starts_with(lms().base() + "/files/tus/"));
  const auto path = "/files/tus/" + id_of(made);
  const auto first = at.with("Upload-Offset", "0").patch(path, "plain words");
  REQUIRE_STATUS(first, 204);
  CHECK(first.header("upload-offset") == "11");
  const auto looked = at.send("HEAD", path, std::nullopt);
  REQUIRE_STATUS(looked, 200);
  CHECK(looked.header("upload-offset") == "11");
  CHECK(looked.header("upload-length") == "20");
  CHECK(looked.header("upload-metadata") == "filename bm90ZXMudHh0,filetype dGV4dC9wbGFpbg==");
  CHECK(looked.header("cache-control") == "no-store");
  CHECK_STATUS(at.with("Upload-Offset", "0").patch(path, "plain words"), 409);
  const auto last = at.with("Upload-Offset", "11").patch(path, "and more\n");
  REQUIRE_STATUS(last, 204);
  CHECK(last.header("upload-offset") == "20");
  const auto file = lms().as(ada.access).get("/files/" + id_of(made));
  REQUIRE_STATUS(file, 200);
  CHECK(file.text("original_filename") == "notes.txt");
  CHECK(file.integer("file_size") == 20);
}

TEST_CASE("lms: what tus refuses has the statuses of the protocol", "[lms][files][tus]") {
  const auto ada = fresh_account(), bob = fresh_account();
  const auto at = tus(lms().as(ada.access));
  CHECK_STATUS(tus(lms()).with("Upload-Length", "5").send("POST", "/files/tus", std::string()), 401);
  const auto version = lms().as(ada.access).with("Upload-Length", "5").send("POST", "/files/tus", std::string());
  CHECK_STATUS(version, 412);
  CHECK(version.header("tus-version") == "1.0.0");
  CHECK_STATUS(at.send("POST", "/files/tus", std::string()), 422);
  CHECK_STATUS(at.with("Upload-Length", "99999999999999").send("POST", "/files/tus", std::string()), 413);
  const auto made = at.with("Upload-Length", "5").send("POST", "/files/tus", std::string());
  REQUIRE_STATUS(made, 201);
  const auto path = "/files/tus/" + id_of(made);
  const auto none = "/files/tus/" + uuid::make_v7().str();
  for (const auto& [who, where] : {std::pair(tus(lms().as(bob.access)), path), std::pair(at, none)}) {
    CHECK_STATUS(who.send("HEAD", where, std::nullopt), 404);
    CHECK_STATUS(who.with("Upload-Offset", "0").patch(where, "x"), 404);
    CHECK_STATUS(who.del(where), 404);
  }
  CHECK_STATUS(at.with("Upload-Offset", "0").patch(path, std::string((8 << 20) + 1, 'x')), 413);
  CHECK_STATUS(
      at.with("Upload-Offset", "0").with("Upload-Checksum", "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=").patch(path, "hellO"),
      460);
  CHECK_STATUS(at.with("Upload-Offset", "0").with("Upload-Checksum", "crc32 qvTG").patch(path, "hello"), 400);
  CHECK_STATUS(lms().as(ada.access).with("Tus-Resumable", "1.0.0").with("Upload-Offset", "0").patch(path, "{}"), 415);
  CHECK_STATUS(at.del(path), 204);
  CHECK_STATUS(at.send("HEAD", path, std::nullopt), 404);
}

TEST_CASE("lms: OPTIONS tells what the server knows of tus, and browsers may use it", "[lms][files][tus]") {
  const auto told = lms().send("OPTIONS", "/files/tus", std::nullopt);
  REQUIRE_STATUS(told, 204);
  CHECK(told.header("tus-version") == "1.0.0");
  CHECK(told.header("tus-resumable") == "1.0.0");
  CHECK(told.header("tus-extension") == "creation,creation-with-upload,checksum,expiration,termination");
  CHECK(told.header("tus-checksum-algorithm") == "sha1,sha256");
  CHECK(told.header("tus-max-size") == "2147483648");
  CHECK(told.header("allow").value().find("POST") != std::string::npos);
  const auto asked = lms()
                         .with("Origin", "https://app.unpuzzle.com")
                         .with("Access-Control-Request-Method", "PATCH")
                         .with("Access-Control-Request-Headers", "tus-resumable,upload-offset")
                         .send("OPTIONS", "/files/tus/" + uuid::make_v7().str(), std::nullopt);
  REQUIRE_STATUS(asked, 204);
  CHECK(asked.header("access-control-allow-headers").value().find("Upload-Offset") != std::string::npos);
  CHECK(asked.header("access-control-expose-headers").value().find("Upload-Offset") != std::string::npos);
}
