#include "api/learnflow/course_views.hpp"
#include "api/learnflow/learnflow.hpp"

namespace stoa::learnflow {
namespace {

using api::area_parts;

using limits = course_limits;
using stars = wire::whole<1, limits::best_rating>;

struct review_filter {
  std::optional<stars> rating;
  wire::word_for_rules<"-created_at", "created_at", "-created_at", "helpful_count", "-helpful_count", "rating",
                       "-rating", "newest", "oldest", "most_helpful", "highest", "lowest">
      ordering;
};
BOOST_DESCRIBE_STRUCT(review_filter, (), (rating, ordering))

struct new_review {
  stars rating;
  std::optional<wire::text<0, limits::title>> title;
  std::optional<wire::text<0, limits::comment>> comment;
};
BOOST_DESCRIBE_STRUCT(new_review, (), (rating, title, comment))

struct review_reply {
  wire::text<1, limits::comment> reply;
};
BOOST_DESCRIBE_STRUCT(review_reply, (), (reply))

result<review_order> order_named(const std::string& name) {
  if (name.empty() || name == "-created_at" || name == "newest") return review_order::newest;
  if (name == "created_at" || name == "oldest") return review_order::oldest;
  if (name == "-helpful_count" || name == "helpful_count" || name == "most_helpful") return review_order::most_helpful;
  if (name == "-rating" || name == "highest") return review_order::highest;
  if (name == "rating" || name == "lowest") return review_order::lowest;
  return fault::field("ordering",
                      "Must be one of: created_at, -created_at, helpful_count, -helpful_count, rating, -rating.");
}

task<page_of<review_view>> list(const area_parts& a, const request& q, in_path<"id", course_id> course,
                                paged<review_filter> in) {
  const auto order = co_await order_named(in.ordering);
  co_await a.domain.courses.visible(*course, q.who);
  std::optional<int> rating;
  if (in.rating) rating = static_cast<int>(in.rating->value);
  const auto page = static_cast<int>(in.asked.page), size = static_cast<int>(in.asked.size);
  const auto found = co_await a.domain.courses.reviews(*course, rating, order, page, size);
  page_of<review_view> out{in.asked, found.count, {}};
  for (const auto& r : found.reviews) out.items.push_back(to_view(r, q.now));
  co_return out;
}

task<review_view> post(const area_parts& a, const request& q, in_path<"id", course_id> course, new_review in) {
  review_draft draft;
  draft.rating = static_cast<int>(in.rating.value);
  if (in.title) draft.title = *in.title;
  if (in.comment) draft.comment = *in.comment;
  const auto made = co_await a.domain.courses.post_review(q.who, *course, std::move(draft));
  auto out = to_view(made, q.now);
  out.created_at = rfc3339(made.created_at);
  co_return out;
}

task<review_view> reply(const area_parts& a, const request& q, in_path<"id", course_id> course,
                        in_path<"review_id", review_id> review, review_reply in) {
  std::optional<std::string> text(in.reply);
  const auto answered = co_await a.domain.courses.reply_to_review(q.who, *course, *review, std::move(text));
  co_return to_view(answered, q.now);
}

task<wire::nothing> take_reply_back(const area_parts& a, const request& q, in_path<"id", course_id> course,
                                    in_path<"review_id", review_id> review) {
  co_await a.domain.courses.reply_to_review(q.who, *course, *review, std::nullopt);
  co_return wire::nothing{};
}

task<review_view> vote_helpful(const area_parts& a, const request& q, in_path<"id", course_id> course,
                               in_path<"review_id", review_id> review) {
  const auto voted = co_await a.domain.courses.vote_helpful(q.who, *course, *review);
  co_return to_view(voted, q.now);
}

}  // namespace

void add_review_routes(route_table& routes, const api::parts_ptr& parts) {
  auto reviews = routes.area("reviews", parts);
  reviews.get("/courses/{id}/reviews/", {.auth = auth::optional, .summary = "The reviews of a course"}, list);
  reviews.post("/courses/{id}/reviews/",
               {.auth = auth::required,
                .status = 201,
                .summary = "Review a course",
                .refuses = {fault_kind::forbidden, fault_kind::conflict}},
               post);
  reviews.post("/courses/{id}/reviews/{review_id}/helpful/",
               {.auth = auth::required,
                .summary = "Say that a review helped",
                .addition = true,
                .refuses = {fault_kind::forbidden}},
               vote_helpful);
  reviews.put("/courses/{id}/reviews/{review_id}/reply/",
              {.auth = auth::required,
               .summary = "Answer a review of one's own course",
               .addition = true,
               .refuses = {fault_kind::forbidden}},
              reply);
  reviews.del("/courses/{id}/reviews/{review_id}/reply/",
              {.auth = auth::required,
               .status = 204,
               .summary = "Take the answer to a review back",
               .addition = true,
               .refuses = {fault_kind::forbidden}},
              take_reply_back);
}

}  // namespace stoa::learnflow
