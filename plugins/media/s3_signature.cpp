#include "s3_signature.hpp"

#include <algorithm>
#include <ctime>

#include "stoa/crypto.hpp"
#include "stoa/http_text.hpp"

namespace stoa_plugin::media {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

/// `20130524T000000Z`
std::string basic_time(stoa::timestamp at) {
  const std::time_t t = std::chrono::floor<stoa::seconds>(at).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&t, &parts);
  char buffer[20];
  return {buffer, std::strftime(buffer, sizeof buffer, "%Y%m%dT%H%M%SZ", &parts)};
}

std::string hashed(std::string_view key, std::string_view text) {
  const auto d = stoa::hmac_sha256(key, text);
  return {reinterpret_cast<const char*>(d.data()), d.size()};
}

/// What a signature is made in: a day, a region, a service.
std::string scope_of(const s3_keys& keys, std::string_view time) {
  return std::string(time.substr(0, 8)) + "/" + keys.region + "/s3/aws4_request";
}

std::string signature_of(const s3_keys& keys, std::string_view time, std::string_view canonical) {
  auto key = hashed("AWS4" + keys.secret_key, time.substr(0, 8));
  for (const std::string_view part :
       {std::string_view(keys.region), std::string_view("s3"), std::string_view("aws4_request")})
    key = hashed(key, part);
  const auto text = std::string(algorithm) + "\n" + std::string(time) + "\n" + scope_of(keys, time) + "\n" +
                    stoa::hex(stoa::sha256(canonical));
  return stoa::hex(stoa::hmac_sha256(key, text));
}

std::string lines(std::initializer_list<std::string_view> all) {
  std::string out;
  for (const auto one : all) out.append(out.empty() ? "" : "\n").append(one);
  return out;
}

}  // namespace

std::string s3_encoded(std::string_view text, bool path) { return stoa::http::percent_encoded(text, path ? "/" : ""); }

std::string s3_query_text(s3_query query) {
  for (auto& [name, value] : query) {
    name = s3_encoded(name);
    value = s3_encoded(value);
  }
  std::sort(query.begin(), query.end());
  std::string out;
  for (const auto& [name, value] : query) out += (out.empty() ? "" : "&") + name + "=" + value;
  return out;
}

std::vector<std::pair<std::string, std::string>> s3_signed_fields(const s3_keys& keys, std::string_view method,
                                                                  std::string_view host, std::string_view path,
                                                                  std::string_view query, std::string_view body_hash,
                                                                  stoa::timestamp now) {
  const auto time = basic_time(now);
  constexpr std::string_view names = "host;x-amz-content-sha256;x-amz-date";
  const auto canonical =
      lines({method, path, query, "host:" + std::string(host), "x-amz-content-sha256:" + std::string(body_hash),
             "x-amz-date:" + time, "", names, body_hash});
  return {{"Authorization", std::string(algorithm) + " Credential=" + keys.access_key + "/" + scope_of(keys, time) +
                                ", SignedHeaders=" + std::string(names) +
                                ", Signature=" + signature_of(keys, time, canonical)},
          {"x-amz-date", time},
          {"x-amz-content-sha256", std::string(body_hash)}};
}

std::string s3_presigned_query(const s3_keys& keys, std::string_view host, std::string_view path, s3_query query,
                               stoa::seconds life, stoa::timestamp now) {
  const auto time = basic_time(now);
  query.emplace_back("X-Amz-Algorithm", algorithm);
  query.emplace_back("X-Amz-Credential", keys.access_key + "/" + scope_of(keys, time));
  query.emplace_back("X-Amz-Date", time);
  query.emplace_back("X-Amz-Expires", std::to_string(life.count()));
  query.emplace_back("X-Amz-SignedHeaders", "host");
  const auto text = s3_query_text(std::move(query));
  const auto canonical = lines({"GET", path, text, "host:" + std::string(host), "", "host", "UNSIGNED-PAYLOAD"});
  return text + "&X-Amz-Signature=" + signature_of(keys, time, canonical);
}

}  // namespace stoa_plugin::media
