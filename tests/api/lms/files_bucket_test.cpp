// The same files with their bytes in a bucket.
#include "runtime/store/plain.hpp"
#include "tests/api/learnflow/learnflow.hpp"
#include "tests/support/rgw.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

std::string form(const std::string& content) {
  return "--boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\".pdf\"\r\nContent-Type: "
         "application/pdf\r\n\r\n" +
         content + "\r\n--boundary--\r\n";
}

}  // namespace

TEST_CASE("lms: files lie in a bucket, and downloads lead there", "[lms][files][s3]") {
  if (rgw::missing()) return;
  const auto at = start_server({{"STOA_PLUGINS_MEDIA_STORE", "s3"},
                                {"STOA_PLUGINS_MEDIA_ENDPOINT", rgw::shared().address()},
                                {"STOA_PLUGINS_MEDIA_BUCKET", "media"},
                                {"STOA_PLUGINS_MEDIA_PREFIX", "stoa/"},
                                {"STOA_PLUGINS_MEDIA_ACCESS_KEY", "AKSTOA"},
                                {"STOA_PLUGINS_MEDIA_SECRET_KEY", "SKSTOA"}});
  const auto ada = fresh_account(*at);
  const auto lms = at->client().below("/lms/api/v1").as(ada.access);
  const auto made =
      lms.with("Content-Type", "multipart/form-data; boundary=boundary").post("/files/upload", form("%PDF-1.4\n"));
  REQUIRE_STATUS(made, 201);
  const auto follow = [&](const std::string& id) {
    const auto to = lms.get("/files/" + id + "/download");
    REQUIRE_STATUS(to, 302);
    const auto link = to.header("location").value();
    CHECK(link.starts_with(rgw::shared().address() + "/media/stoa/files/"));
    return client(link).get("");
  };
  const auto got = follow(made.text("id"));
  REQUIRE_STATUS(got, 200);
  CHECK(got.body == "%PDF-1.4\n");
  CHECK(got.header("content-type") == "application/pdf");
  CHECK(got.header("content-disposition") == "attachment; filename=\"a _b_.pdf\"; filename*=UTF-8''a%20%22b%22.pdf");

  // In parts, of which one is shorter than S3 takes.
  const auto whole = "%PDF-1.4\n" + std::string(6 << 20, 'x') + "the end";
  const auto tus = lms.with("Tus-Resumable", "1.0.0").with("Content-Type", "application/offset+octet-stream");
  const auto begun = tus.with("Upload-Length", std::to_string(whole.size())).post("/files/tus", "");
  REQUIRE_STATUS(begun, 201);
  const auto part = client(begun.header("location").value())
                        .as(ada.access)
                        .with("Tus-Resumable", "1.0.0")
                        .with("Content-Type", "application/offset+octet-stream");
  const std::size_t cuts[] = {0, 1000, 3000, (6 << 20) - 5, whole.size()};
  for (std::size_t i = 0; i + 1 < std::size(cuts); ++i)
    REQUIRE_STATUS(
        part.with("Upload-Offset", std::to_string(cuts[i])).patch("", whole.substr(cuts[i], cuts[i + 1] - cuts[i])),
        204);
  const auto id = part.base().substr(part.base().rfind('/') + 1);
  CHECK(follow(id).body == whole);

  // Given up in the middle: nothing is left of it, nor of the others.
  const auto left = tus.with("Upload-Length", "20000000").post("/files/tus", whole.substr(0, 6 << 20));
  REQUIRE_STATUS(left, 201);
  CHECK(left.header("upload-offset") == std::to_string(6 << 20));
  REQUIRE_STATUS(client(left.header("location").value()).as(ada.access).with("Tus-Resumable", "1.0.0").del(""), 204);
  REQUIRE_STATUS(lms.del("/files/" + id), 204);
  REQUIRE_STATUS(lms.del("/files/" + made.text("id")), 204);
  runtime::plain_connection db{at->database()};
  db.run("set stoa.acting = 'system'");
  CHECK(db.run("select count(*) from plugin_files.file").at(0).at(0) == "0");
  CHECK(at->stop() == 0);
}
