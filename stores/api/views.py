"""Goods from the ERP or the till: categories and articles."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from stores.api import serializers
from stores.api.authentication import IsMachine, StoreKey
from stores.exceptions import GoodsRefused
from stores.models import Article
from stores.selectors import goods as known
from stores.services import goods
from stores.services.goods import RowOutcome


class _BatchView(APIView):
    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)

    def results(
        self,
        rows: Sequence[Any],
        *,
        key: str,
        checked: type[Serializer[Any]],
        put: Callable[[list[dict[str, Any]]], list[RowOutcome]],
    ) -> Response:
        """One result per row, in the order given."""
        results: list[dict[str, Any]] = []
        sound: list[tuple[int, dict[str, Any]]] = []
        for place, row in enumerate(rows):
            data = checked(data=row)
            try:
                data.is_valid(raise_exception=True)
            except ValidationError as error:
                results.append(self._error(error, str(row.get(key, ""))[:64]))
            else:
                results.append({})
                sound.append((place, data.validated_data))
        outcomes = put([row for _place, row in sound])
        for (place, _row), outcome in zip(sound, outcomes, strict=True):
            results[place] = self._result(outcome)
        return Response({"results": results})

    def _result(self, outcome: RowOutcome) -> dict[str, Any]:
        if outcome.refusal is not None:
            return self._error(outcome.refusal, outcome.key)
        code = status.HTTP_201_CREATED if outcome.state == "new" else status.HTTP_200_OK
        return {"status": code, "key": outcome.key, "state": outcome.state}

    def _error(self, error: Exception, key: str) -> dict[str, Any]:
        # The house's one table of errors judges it; what it does not know is our mistake.
        refused = self.get_exception_handler()(error, self.get_exception_handler_context())
        if refused is None:
            raise error
        return {
            "status": refused.status_code,
            "key": key,
            "state": "refused",
            "error": refused.data,
        }


class CategoryBatchView(_BatchView):
    """Send up to 500 categories: new ones are made, known codes renamed or moved. The same again
    changes nothing."""

    @extend_schema(
        operation_id="categories_batch_create",
        request=serializers.CategoryBatchSerializer,
        responses={200: serializers.RowResultsSerializer},
    )
    def post(self, request: Request) -> Response:
        data = serializers.CategoryBatchSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        return self.results(
            data.validated_data["categories"],
            key="code",
            checked=serializers.CategoryRowSerializer,
            put=lambda rows: goods.put_categories(
                rows=[serializers.category_row(row) for row in rows]
            ),
        )


class ArticleBatchView(_BatchView):
    """Send up to 500 articles: new ones are made, known numbers changed to what the row says. The
    same again changes nothing. Receipts of articles that nobody has sent are taken in as well."""

    @extend_schema(
        operation_id="articles_batch_create",
        request=serializers.ArticleBatchSerializer,
        responses={200: serializers.RowResultsSerializer},
    )
    def post(self, request: Request) -> Response:
        data = serializers.ArticleBatchSerializer(data=request.data)
        data.is_valid(raise_exception=True)
        return self.results(
            data.validated_data["articles"],
            key="sku",
            checked=serializers.ArticleRowSerializer,
            put=lambda rows: goods.put_articles(
                rows=[serializers.article_row(row) for row in rows]
            ),
        )


class ArticlesView(generics.ListAPIView[Article]):
    """The articles, by number."""

    authentication_classes = (StoreKey,)
    permission_classes = (IsMachine,)
    serializer_class = serializers.ArticleSerializer
    queryset = Article.objects.none()

    @extend_schema(operation_id="articles_list", parameters=[serializers.ArticleQuery])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Article]:
        query = serializers.ArticleQuery(data=self.request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        rows = Article.objects.all()
        if "label" in asked:
            rows = rows.labelled(asked["label"].lower())
        if "sku" in asked:
            rows = rows.filter(sku=asked["sku"])
        if "category" in asked:
            below = known.tree().below(asked["category"])
            if not below:
                raise GoodsRefused("category_unknown", field="category", category=asked["category"])
            rows = rows.filter(category__code__in=below)
        return rows.select_related("category").order_by("sku")
