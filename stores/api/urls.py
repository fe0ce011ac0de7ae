from django.urls import path

from stores.api import views

urlpatterns = [
    path("categories/batch", views.CategoryBatchView.as_view(), name="category-batch"),
    path("articles/batch", views.ArticleBatchView.as_view(), name="article-batch"),
    path("articles", views.ArticlesView.as_view(), name="articles"),
]
