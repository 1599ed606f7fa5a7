#include "api/learnflow/reviews.hpp"

#include "api/learnflow/course_views.hpp"
#include "api/learnflow/page_of.hpp"

namespace stoa::learnflow {
namespace {

struct review_filter {
  std::optional<wire::whole<1, 5>> rating;
  std::optional<std::string> ordering;
  std::optional<wire::whole<1, 1'000'000'000>> page, page_size;
};
BOOST_DESCRIBE_STRUCT(review_filter, (), (rating, ordering, page, page_size))

struct new_review {
  wire::whole<1, 5> rating;
  std::optional<wire::text<0, 200>> title;
  std::optional<wire::text<0, 5000>> comment;
};
BOOST_DESCRIBE_STRUCT(new_review, (), (rating, title, comment))

result<review_order> order_named(const std::optional<std::string>& name) {
  if (!name || name->empty() || *name == "-created_at" || *name == "newest") return review_order::newest;
  if (*name == "created_at" || *name == "oldest") return review_order::oldest;
  if (*name == "-helpful_count" || *name == "helpful_count" || *name == "most_helpful")
    return review_order::most_helpful;
  if (*name == "-rating" || *name == "highest") return review_order::highest;
  if (*name == "rating" || *name == "lowest") return review_order::lowest;
  return fault::field("ordering",
                      "Must be one of: created_at, -created_at, helpful_count, -helpful_count, rating, -rating.");
}

fault course_not_found() {
  return fault(fault_kind::not_found, "COURSE_NOT_FOUND", "The requested course does not exist");
}

}  // namespace

void add_review_routes(route_table& routes, stoa::domain& domain, const stoa::clock&) {
  routes.get<review_filter, page_of<review_view>>(
      "/courses/{id}/reviews/", {.auth = auth::optional, .summary = "The reviews of a course", .tag = "reviews"},
      [&domain](const request& q, review_filter in) -> task<page_of<review_view>> {
        const auto id = co_await q.path_id<course_id>("id", course_not_found());
        const auto order = co_await order_named(in.ordering);
        auto checking = domain.courses.visible(id, q.who);
        co_await std::move(checking);
        http::page_request page;
        if (in.page) page.page = std::min<std::int64_t>(in.page->value, 10'000'000);
        if (in.page_size) page.size = std::min<std::int64_t>(in.page_size->value, 100);
        std::optional<int> rating;
        if (in.rating) rating = static_cast<int>(in.rating->value);
        auto looking =
            domain.courses.reviews(id, rating, order, static_cast<int>(page.page), static_cast<int>(page.size));
        const auto found = co_await std::move(looking);
        auto out = page_of<review_view>::of(q, page, found.count);
        for (const auto& r : found.reviews) out.results.push_back(to_view(r, q.now));
        co_return out;
      });

  routes.post<new_review, review_view>(
      "/courses/{id}/reviews/", {.auth = auth::required, .status = 201, .summary = "Review a course", .tag = "reviews"},
      [&domain](const request& q, new_review in) -> task<review_view> {
        const auto id = co_await q.path_id<course_id>("id", course_not_found());
        review_draft draft;
        draft.rating = static_cast<int>(in.rating.value);
        if (in.title) draft.title = *in.title;
        if (in.comment) draft.comment = *in.comment;
        auto posting = domain.courses.post_review(q.who, id, std::move(draft));
        const auto made = co_await std::move(posting);
        auto out = to_view(made, q.now);
        out.created_at = rfc3339(made.created_at);
        co_return out;
      });

  routes.post<wire::nothing, review_view>(
      "/courses/{id}/reviews/{review_id}/helpful/",
      {.auth = auth::required, .summary = "Say that a review helped", .tag = "reviews"},
      [&domain](const request& q, wire::nothing) -> task<review_view> {
        fault unknown(fault_kind::not_found, "REVIEW_NOT_FOUND", "The requested review does not exist");
        const auto id = co_await q.path_id<course_id>("id", course_not_found());
        const auto review = co_await q.path_id<review_id>("review_id", std::move(unknown));
        auto voting = domain.courses.vote_helpful(q.who, id, review);
        const auto now = co_await std::move(voting);
        co_return to_view(now, q.now);
      });
}

}  // namespace stoa::learnflow
