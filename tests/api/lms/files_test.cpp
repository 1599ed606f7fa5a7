#include "stoa/ids.hpp"
#include "tests/api/learnflow/learnflow.hpp"

using namespace stoa;
using namespace stoa::testing;

namespace {

client lms() { return shared_server().client().below("/lms/api/v1"); }
client lms(const person& who) { return lms().as(who.access); }

const std::string pdf = "%PDF-1.4\n% a document\n";

std::string form(const std::string& content, const std::string& filename = "document.pdf",
                 const std::string& type = "application/pdf") {
  return "--boundary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + filename +
         "\"\r\nContent-Type: " + type + "\r\n\r\n" + content + "\r\n--boundary--\r\n";
}

response upload(const client& at, const std::string& body) {
  return at.with("Content-Type", "multipart/form-data; boundary=boundary").post("/files/upload", body);
}

const shape file_shape{{"id", "uuid"},           {"original_filename", "text"}, {"stored_filename", "text"},
                       {"file_size", "integer"}, {"content_type", "text"},      {"uploaded_at", "time"}};

/// What a link leads to, whoever asks.
response follow(const response& redirect, const header_fields& headers = {}) {
  auto at = client(redirect.header("location").value());
  for (const auto& [name, value] : headers) at = at.with(name, value);
  return at.get("");
}

}  // namespace

TEST_CASE("lms: a file is uploaded, listed, looked at, downloaded and deleted", "[lms][files]") {
  const auto ada = fresh_account();
  const auto made = upload(lms(ada), form(pdf));
  REQUIRE_STATUS(made, 201);
  CHECK_SHAPE(made, file_shape);
  CHECK(made.text("original_filename") == "document.pdf");
  CHECK(made.text("stored_filename").ends_with(".pdf"));
  CHECK(made.integer("file_size") == static_cast<std::int64_t>(pdf.size()));
  CHECK(made.text("content_type") == "application/pdf");
  const auto id = made.text("id");

  const auto list = lms(ada).get("/files");
  REQUIRE_STATUS(list, 200);
  CHECK_SHAPE(list, below("items.*", file_shape) + shape{{"total", "integer"}, {"page", "integer"}});
  CHECK(list.integer("total") == 1);
  const auto one = lms(ada).get("/files/" + id);
  REQUIRE_STATUS(one, 200);
  CHECK_SHAPE(one, file_shape);

  const auto to = lms(ada).get("/files/" + id + "/download");
  REQUIRE_STATUS(to, 302);
  const auto got = follow(to);
  REQUIRE_STATUS(got, 200);
  CHECK(got.body == pdf);
  CHECK(got.header("content-type") == "application/pdf");
  CHECK(got.header("content-disposition") == "attachment; filename=\"document.pdf\"");
  CHECK(got.header("x-content-type-options") == "nosniff");
  CHECK(got.header("accept-ranges") == "bytes");
  const auto part = follow(to, {{"Range", "bytes=1-3"}});
  REQUIRE_STATUS(part, 206);
  CHECK(part.body == "PDF");
  CHECK_STATUS(follow(to, {{"If-None-Match", got.header("etag").value()}}), 304);
  CHECK_STATUS(follow(to, {{"Range", "bytes=5000-"}}), 416);

  // The link is signed: for this file and nothing else.
  const auto link = to.header("location").value();
  CHECK_STATUS(client(link.substr(0, link.size() - 1) + (link.back() == 'A' ? "E" : "A")).get(""), 403);
  CHECK_STATUS(lms().get("/files/" + id + "/content"), 422);

  const auto gone = lms(ada).del("/files/" + id);
  REQUIRE_STATUS(gone, 204);
  CHECK_STATUS(lms(ada).get("/files/" + id), 404);
  CHECK_STATUS(follow(to), 404);
  CHECK_STATUS(lms(ada).del("/files/" + id), 404);
}

TEST_CASE("lms: what is wrong with an upload is told in the documented form", "[lms][files]") {
  const auto ada = fresh_account();
  CHECK_STATUS(upload(lms(), form(pdf)), 401);
  CHECK_STATUS(lms().get("/files"), 401);
  CHECK_STATUS(lms(ada).post("/files/upload", "{}"), 415);
  CHECK_STATUS(upload(lms(ada), "--boundary\r\nnonsense"), 400);
  const auto missing = upload(lms(ada), "--boundary--\r\n");
  REQUIRE_STATUS(missing, 422);
  CHECK(missing.text("detail.0.loc.1") == "file");
  CHECK(missing.text("detail.0.type") == "value_error.missing");
  const auto page = upload(lms(ada), form("<!DOCTYPE html><html></html>", "x.html", "text/html"));
  REQUIRE_STATUS(page, 415);
  CHECK(page.text("code") == "FILE_TYPE_NOT_ALLOWED");
  const auto liar = upload(lms(ada), form("<!DOCTYPE html><html></html>"));
  REQUIRE_STATUS(liar, 415);
  CHECK(liar.text("code") == "FILE_TYPE_MISMATCH");
  CHECK_STATUS(upload(lms(ada), form(std::string(33 << 20, 'x'))), 413);
  CHECK_STATUS(upload(lms(ada), form("plain " + std::string(31 << 20, 'x'), "big.txt", "text/plain")), 201);
}

TEST_CASE("lms: another person's file is as unknown as no file", "[lms][files]") {
  const auto ada = fresh_account(), bob = fresh_account();
  const auto id = upload(lms(ada), form(pdf)).text("id");
  for (const auto& unknown : {id, uuid::make_v7().str(), std::string("none")}) {
    INFO(unknown);
    const auto seen = lms(bob).get("/files/" + unknown);
    REQUIRE_STATUS(seen, 404);
    CHECK(seen.text("detail") == "Resource not found");
    CHECK_STATUS(lms(bob).get("/files/" + unknown + "/download"), 404);
    CHECK_STATUS(lms(bob).del("/files/" + unknown), 404);
  }
  CHECK(lms(bob).get("/files").integer("total") == 0);
}

TEST_CASE("lms: an upload with an Idempotency-Key is one file", "[lms][files]") {
  const auto ada = fresh_account();
  const auto once = lms(ada).with("Idempotency-Key", unique("upload"));
  const auto first = upload(once, form(pdf)), second = upload(once, form(pdf));
  REQUIRE_STATUS(first, 201);
  REQUIRE_STATUS(second, 201);
  CHECK(first.text("id") == second.text("id"));
  CHECK(lms(ada).get("/files").integer("total") == 1);
}
